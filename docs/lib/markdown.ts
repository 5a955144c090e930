// Pages are written for two readers: GitHub shows the files, the site shows what becomes of them here. What is in the
// files as GitHub needs it, such as links to files and its anchors of headings, becomes what the site needs.
import { existsSync, statSync } from 'node:fs'
import { dirname, join, relative } from 'node:path/posix'
import Slugger from 'github-slugger'

// An element is its tag, its properties, and its children: minimark, the form in which Nuxt Content keeps a page.
export type Node = string | Element
export type Element = [tag: string, props: Record<string, unknown>, ...children: Node[]]
interface TocLink { id: string, text: string, depth: number, children?: TocLink[] }
export interface Page {
  title?: string
  body: { value: Node[], toc?: { links: TocLink[] } }
}

export interface Repository {
  // The folder it is in.
  folder: string
  // Where its files are read: https://github.com/<owner>/<name>.
  url: string
}

// route is where the page of a file below docs/content is. It is in lower case, since Netlify answers every other path
// with a redirect to that.
export function route(file: string): string {
  const parts = file.replace(/\.md$/, '').split('/').map(part => part.replace(/^\d+\./, '').toLowerCase())
  if (parts.at(-1) === 'index') parts.pop()
  return '/' + parts.join('/')
}

const external = /^([a-z][a-z0-9+.-]*:|\/\/)/i

// link is where a link of a file leads on the site: to the page of a file, or to a file of the repository at GitHub.
export function link(href: string, from: string, repository: Repository): string {
  if (external.test(href) || href.startsWith('#')) return href
  const fail = (why: string) => new Error(`docs/content/${from}: the link to ${href} ${why}`)
  if (href.startsWith('/')) throw fail('is absolute: lead to the file, which works at GitHub as well')
  const [, path, anchor = ''] = /^([^#]*)(#.*)?$/.exec(decodeURI(href))!
  const file = join('docs/content', dirname(from), path).replace(/\/$/, '')
  const there = join(repository.folder, file)
  if (file.startsWith('..') || !existsSync(there)) throw fail('leads nowhere')
  if (file.startsWith('docs/public/')) return '/' + encodeURI(relative('docs/public', file))
  if (!file.startsWith('docs/content/')) {
    return encodeURI(`${repository.url}/${statSync(there).isDirectory() ? 'tree' : 'blob'}/main/${file}`) + anchor
  }
  if (!file.endsWith('.md')) throw fail('leads to no page: name its file')
  return route(relative('docs/content', file)) + anchor
}

// picture is where the site has a picture, which is a file below docs/public.
export function picture(src: string, from: string, repository: Repository): string {
  const file = join('docs/content', dirname(from), decodeURI(src))
  if (external.test(src) || !file.startsWith('docs/public/') || !existsSync(join(repository.folder, file))) {
    throw new Error(`docs/content/${from}: the picture ${src} is not there: its path leads into docs/public`)
  }
  return '/' + encodeURI(relative('docs/public', file))
}

// What a page of plain Markdown consists of. Anything else is a component: Nuxt Content sees one in ":name" and, as
// data to be put in, in "{{ name }}".
const plain = new Set(('a blockquote br code del details em h1 h2 h3 h4 h5 h6 hr img input kbd li ol p pre span strong '
  + 'style sub summary sup table tbody td th thead tr ul').split(' '))

// finish makes a parsed page one of the site: its headings have GitHub's anchors, and its title is there once.
export function finish(page: Page, file: string): void {
  const fail = (why: string) => new Error(`docs/content/${file}: ${why}`)
  const landing = file === 'index.md'
  const slugger = new Slugger()
  const anchors = new Map<unknown, string>()
  const visit = (node: Node) => {
    if (typeof node === 'string') return
    const [tag, props, ...children] = node
    if (tag === 'h1') throw fail(`"${text(node)}" is a second title: the page has one already`)
    if (!landing && !plain.has(tag)) throw fail(`<${tag}> is a component: put what looks like one between backticks`)
    if (/^h\d$/.test(tag)) {
      const anchor = slugger.slug(text(node))
      anchors.set(props.id, anchor)
      props.id = anchor
    }
    children.forEach(visit)
  }
  page.body.value = page.body.value.filter(node => typeof node === 'string' || node[0] !== 'h1' || text(node) !== page.title)
  page.body.value.forEach(visit)
  const rename = (links: TocLink[] = []) => {
    for (const entry of links) {
      entry.id = anchors.get(entry.id) ?? entry.id
      rename(entry.children)
    }
  }
  rename(page.body.toc?.links)
}

export function text(node: Node): string {
  return typeof node === 'string' ? node : (node.slice(2) as Node[]).map(text).join('')
}
