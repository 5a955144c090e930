// The last step of `npm run generate`: it looks through the site that was made, and fails where something leads nowhere;
// then it says in _headers which scripts the pages may run.
import { createHash } from 'node:crypto'
import { existsSync, globSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path/posix'
import { fileURLToPath } from 'node:url'
import { route } from './markdown.ts'

const attribute = (name: string) => new RegExp(`<[a-z][^<>]*? ${name}="([^"]*)"`, 'g')
const all = (html: string, name: string) => [...html.matchAll(attribute(name))].map(([, value]) => unescape(value))
const unescape = (value: string) => value.replace(/&quot;/g, '"').replace(/&#x?27;|&#39;/g, "'").replace(/&amp;/g, '&')

// rules are those of _redirects: where a path leads.
export function rules(text: string): Map<string, string> {
  const lines = text.split('\n').filter(line => line && !line.startsWith('#')).map(line => line.split(/\s+/))
  return new Map(lines.map(([from, to]) => [from, to]))
}

// file is the one that is served for a path.
export function file(site: string, path: string): string | undefined {
  const name = join(site, decodeURI(path))
  return [name, `${name}.html`, `${name}/index.html`].find(name => existsSync(name) && statSync(name).isFile())
}

// check is what is wrong with a site, made of the files below content.
export function check(site: string, content: string): string[] {
  const wrong: string[] = []
  const redirects = rules(readFileSync(join(site, '_redirects'), 'utf8'))
  const pages = new Map<string, { html: string, anchors: Set<string> }>()
  const page = (name: string) => {
    if (!pages.has(name)) {
      const html = readFileSync(name, 'utf8').replace(/<(script|style)\b[^>]*>[\s\S]*?<\/\1>/g, '')
      pages.set(name, { html, anchors: new Set(all(html, 'id')) })
    }
    return pages.get(name)!
  }
  const arrive = (path: string) => file(site, path) ?? (redirects.has(path) ? file(site, redirects.get(path)!) : undefined)

  for (const source of globSync('**/*.md', { cwd: content })) {
    const path = route(source)
    const name = file(site, path)
    if (!name?.endsWith('.html')) {
      wrong.push(`${source}: there is no page ${path}`)
      continue
    }
    const { html, anchors } = page(name)
    for (const href of all(html, 'href')) {
      const url = new URL(href, `http://site${path}`)
      if (url.host !== 'site' || href.startsWith('data:')) continue
      const target = arrive(url.pathname)
      if (!target) wrong.push(`${source}: nothing is at ${href}`)
      else if (url.hash && !(target === name ? anchors : page(target).anchors).has(decodeURIComponent(url.hash.slice(1)))) {
        wrong.push(`${source}: there is no heading for ${href}`)
      }
    }
    for (const src of all(html, 'src')) {
      const url = new URL(src, `http://site${path}`)
      if (url.host !== 'site' || !file(site, url.pathname)) wrong.push(`${source}: there is no picture ${src}`)
    }
  }
  for (const folder of globSync('**/', { cwd: content })) {
    const path = route(`${folder}/index.md`)
    if (path !== '/' && !arrive(path)) wrong.push(`${folder}: the folder has neither a page nor a line in public/_redirects`)
  }
  for (const [from, to] of redirects) {
    if (file(site, from)) wrong.push(`_redirects: there is a page at ${from}`)
    if (!file(site, to)) wrong.push(`_redirects: nothing is at ${to}, where ${from} leads`)
  }
  return [...new Set(wrong)]
}

// allow puts the hashes of the scripts that stand in pages into the policy of _headers, and in a preview of a pull
// request the hosts of Netlify's review tools, which the settings of the site ask for (infra/docsite).
export function allow(headers: string, pages: Iterable<string>, context = ''): string {
  const hashes = new Set<string>()
  for (const html of pages) {
    for (const [, attributes, script] of html.matchAll(/<script\b([^>]*)>([\s\S]*?)<\/script>/g)) {
      if (!/ src=|type="application\//.test(attributes)) {
        hashes.add(`'sha256-${createHash('sha256').update(script).digest('base64')}'`)
      }
    }
  }
  const allowed = [...hashes].sort()
  if (context === 'deploy-preview') allowed.push('https://netlify-cdp-loader.netlify.app')
  const text = headers.replace(" 'scripts'", ['', ...allowed].join(' '))
  if (text === headers) throw new Error("_headers: there is no 'scripts' for the hashes of the pages' scripts")
  return context === 'deploy-preview' ? text.replace('; base-uri', '; frame-src https://app.netlify.com; base-uri') : text
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const [site, content] = ['../dist', '../content'].map(name => fileURLToPath(new URL(name, import.meta.url)))
  const wrong = check(site, content)
  if (wrong.length) {
    console.error(wrong.join('\n'))
    process.exit(1)
  }
  const pages = globSync('**/*.html', { cwd: site }).map(name => readFileSync(join(site, name), 'utf8'))
  const headers = readFileSync(fileURLToPath(new URL('../public/_headers', import.meta.url)), 'utf8')
  writeFileSync(join(site, '_headers'), allow(headers, pages, process.env.CONTEXT))
  console.log(`${pages.length} pages, and all that they lead to is there`)
}
