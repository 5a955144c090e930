import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { test } from 'node:test'
import { icons } from '../lib/icons.ts'
import { allow, check } from '../lib/finish.ts'
import { headers } from '../lib/serve.ts'

// wrong is what check says of a site with these files, made of pages with these names.
function wrong(pages: string[], site: Record<string, string>): string[] {
  const folder = mkdtempSync(join(tmpdir(), 'site-'))
  const files = { 'site/_redirects': '', ...Object.fromEntries(pages.map(name => [`content/${name}`, ''])) }
  for (const [name, text] of Object.entries(site)) files[`site/${name}`] = text
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true })
    writeFileSync(join(folder, name), text)
  }
  try {
    return check(join(folder, 'site'), join(folder, 'content'))
  }
  finally {
    rmSync(folder, { recursive: true })
  }
}

test('a site in which everything is there', () => {
  assert.deepEqual(wrong(['index.md', '1.a/index.md', '1.a/2.b.md'], {
    'index.html': '<a href="/a/b#the-end">b</a><a href="https://elsewhere.example/x">x</a><img alt="" src="/p.svg">',
    'a.html': '<a href="#top">up</a><h2 id="top">Top</h2><a href="/">home</a>',
    'a/b.html': '<h2 id="the-end">End</h2>',
    'p.svg': '',
  }), [])
})

test('what leads nowhere is found', () => {
  const end = '<h2 id="end">End</h2>'
  assert.deepEqual(wrong(['index.md'], { 'index.html': '<a href="/a/c">c</a>' }), ['index.md: nothing is at /a/c'])
  assert.deepEqual(wrong(['index.md'], { 'index.html': `<a href="#start">c</a>${end}` }),
    ['index.md: there is no heading for #start'])
  assert.deepEqual(wrong(['index.md', 'a.md'], { 'index.html': '<a href="/a#start">a</a>', 'a.html': end }),
    ['index.md: there is no heading for /a#start'])
  assert.deepEqual(wrong(['index.md'], { 'index.html': '<img alt="x" src="/p.svg">' }),
    ['index.md: there is no picture /p.svg'])
  assert.deepEqual(wrong(['index.md', 'a.md'], { 'index.html': '' }), ['a.md: there is no page /a'])
})

test('a folder has a page, or a redirect to one', () => {
  const site = { 'index.html': '', 'a/b.html': '' }
  const pages = ['index.md', '1.a/b.md']
  assert.deepEqual(wrong(pages, site), ['1.a: the folder has neither a page nor a line in public/_redirects'])
  assert.deepEqual(wrong(pages, { ...site, _redirects: '# why\n/a /a/b 302\n' }), [])
  assert.deepEqual(wrong(pages, { ...site, _redirects: '/a /a/c 302\n' }), [
    '1.a: the folder has neither a page nor a line in public/_redirects',
    '_redirects: nothing is at /a/c, where /a leads',
  ])
})

test('the policy names the scripts that stand in pages, and no others', () => {
  const hash = (script: string) => `'sha256-${createHash('sha256').update(script).digest('base64')}'`
  const pages = [
    '<script>one()</script><script type="application/json">{}</script>',
    '<script type="importmap">{}</script><script type="module" src="/x.js"></script><script>one()</script>',
  ]
  const text = "/*\n  Content-Security-Policy: script-src 'self' 'scripts'; base-uri 'none'\n"
  const both = [hash('one()'), hash('{}')].sort().join(' ')
  assert.equal(allow(text, pages), text.replace("'scripts'", both))
  assert.equal(allow(text, pages, 'production'), text.replace("'scripts'", both))
  assert.match(allow(text, pages, 'deploy-preview'), /netlify-cdp-loader\.netlify\.app; frame-src https:\/\/app\.netlify\.com;/)
  assert.throws(() => allow('/*\n', pages), /_headers/)
})

test('headers are for paths', () => {
  const found = headers('# why\n/*\n  A: 1\n  B: x; y\n/_nuxt/*\n  C: 3\n')
  const of = (path: string) => found.filter(header => header.path.test(path)).map(header => `${header.name}=${header.value}`)
  assert.deepEqual(of('/run'), ['A=1', 'B=x; y'])
  assert.deepEqual(of('/_nuxt/x.js'), ['A=1', 'B=x; y', 'C=3'])
})

test('an icon that does not exist is an error', () => {
  const folder = mkdtempSync(join(tmpdir(), 'icons-'))
  try {
    writeFileSync(join(folder, '.navigation.yml'), 'icon: i-lucide-siren\n')
    writeFileSync(join(folder, 'a.md'), 'icon: i-simple-icons-github\n')
    assert.deepEqual(icons(folder), ['lucide:siren', 'simple-icons:github'])
    writeFileSync(join(folder, 'b.md'), 'icon: i-lucide-tricorder\n')
    assert.throws(() => icons(folder), /b.md: no icon i-lucide-tricorder/)
  }
  finally {
    rmSync(folder, { recursive: true })
  }
})
