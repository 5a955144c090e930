import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { after, test } from 'node:test'
import { finish, link, picture, route, type Node, type Page } from '../lib/markdown.ts'

const folder = mkdtempSync(join(tmpdir(), 'pages-'))
after(() => rmSync(folder, { recursive: true }))
for (const name of [
  'README.md', 'infra/crew/crew.go', 'docs/content/index.md', 'docs/content/3.run/7.backups.md',
  'docs/content/3.run/10.monitoring.md', 'docs/content/4.runbooks/index.md', 'docs/content/4.runbooks/WebDown.md',
  'docs/content/3.run/.navigation.yml', 'docs/public/pictures/request.svg',
]) {
  mkdirSync(dirname(join(folder, name)), { recursive: true })
  writeFileSync(join(folder, name), '')
}
const repository = { folder, url: 'https://git.example/owner/name' }

test('the route of a file', () => {
  for (const [file, path] of Object.entries({
    'index.md': '/',
    '3.run/7.backups.md': '/run/backups',
    '3.run/10.monitoring.md': '/run/monitoring',
    '4.runbooks/index.md': '/runbooks',
    '4.runbooks/WebDown.md': '/runbooks/webdown',
    '6.reference/settings/loadBalancer.md': '/reference/settings/loadbalancer',
  })) assert.equal(route(file), path)
})

test('links to files become routes, and those to other files of the repository lead to GitHub', () => {
  for (const [href, path] of Object.entries({
    '7.backups.md': '/run/backups',
    '7.backups.md#the-keys': '/run/backups#the-keys',
    '../4.runbooks/index.md': '/runbooks',
    '../4.runbooks/WebDown.md#diagnosis': '/runbooks/webdown#diagnosis',
    '../index.md': '/',
    '#here': '#here',
    'https://example.org/x.md': 'https://example.org/x.md',
    'mailto:a@example.org': 'mailto:a@example.org',
    '../../public/pictures/request.svg': '/pictures/request.svg',
    '../../../infra/crew/crew.go': 'https://git.example/owner/name/blob/main/infra/crew/crew.go',
    '../../../infra/crew/': 'https://git.example/owner/name/tree/main/infra/crew',
    '../../../README.md#mail': 'https://git.example/owner/name/blob/main/README.md#mail',
  })) assert.equal(link(href, '3.run/10.monitoring.md', repository), path)
  assert.equal(link('3.run/7.backups.md', 'index.md', repository), '/run/backups')
})

test('a link that leads nowhere is an error', () => {
  for (const [href, why] of Object.entries({
    'backups.md': /3.run\/10.monitoring.md: the link to backups.md leads nowhere/,
    '7.backups': /leads nowhere/,
    '../../../../outside.md': /leads nowhere/,
    '/run/backups': /is absolute/,
    '.navigation.yml': /leads to no page/,
    '../4.runbooks/': /leads to no page/,
  })) assert.throws(() => link(href, '3.run/10.monitoring.md', repository), why)
})

test('pictures are files below docs/public', () => {
  assert.equal(picture('../../public/pictures/request.svg', '3.run/7.backups.md', repository), '/pictures/request.svg')
  for (const src of ['../../public/pictures/no.svg', '/pictures/request.svg', 'https://example.org/x.svg', '7.backups.md']) {
    assert.throws(() => picture(src, '3.run/7.backups.md', repository), /7.backups.md: the picture .* is not there/)
  }
})

const page = (value: Node[], links = [] as { id: string, text: string, depth: number }[]): Page =>
  ({ title: 'Backups', body: { value, toc: { links } } })

test('headings have the anchors of GitHub, and so has the table of contents', () => {
  const made = page(
    [['h2', { id: '_1-up-down' }, '1. Up & down'], ['h2', { id: 'twice' }, 'Twice'], ['h3', { id: 'twice-1' }, 'Twice']],
    [{ id: '_1-up-down', text: '1. Up & down', depth: 2 }, { id: 'twice-1', text: 'Twice', depth: 3 }],
  )
  finish(made, '3.run/7.backups.md')
  assert.deepEqual(made.body.value.map(node => (node[1] as { id: string }).id), ['1-up--down', 'twice', 'twice-1'])
  assert.deepEqual(made.body.toc!.links.map(entry => entry.id), ['1-up--down', 'twice-1'])
})

test('the title of a page is there once', () => {
  const made = page([['h1', { id: 'backups' }, 'Backups'], ['p', {}, 'Text.']])
  finish(made, '3.run/7.backups.md')
  assert.deepEqual(made.body.value, [['p', {}, 'Text.']])
  assert.throws(() => finish(page([['h1', {}, 'Other']]), 'x.md'), /x.md: "Other" is a second title/)
})

test('what is a component by mistake is an error, but on the landing page', () => {
  const value: Node[] = [['p', {}, 'the image ', ['latest', {}]]]
  assert.throws(() => finish(page(value), 'x.md'), /x.md: <latest> is a component/)
  finish(page(value), 'index.md')
})
