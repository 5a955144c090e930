// Serves the site as Netlify does, as far as it matters: compressed, with the headers and redirects of its files, and
// with the page of what is not there. `npm run serve`, or for the tests, which ask for a port of their own.
import { readFileSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import { extname, join } from 'node:path/posix'
import { fileURLToPath } from 'node:url'
import { gzipSync } from 'node:zlib'
import { file, rules } from './finish.ts'

const types: Record<string, string> = {
  '.css': 'text/css', '.html': 'text/html; charset=utf-8', '.js': 'text/javascript', '.json': 'application/json',
  '.md': 'text/markdown; charset=utf-8', '.png': 'image/png', '.svg': 'image/svg+xml', '.txt': 'text/plain; charset=utf-8',
  '.woff2': 'font/woff2', '.xml': 'application/xml',
}

// headers are those of _headers, each with the paths that it is for.
export function headers(text: string): { path: RegExp, name: string, value: string }[] {
  const found = []
  let path = /^$/
  for (const line of text.split('\n').filter(line => line.trim() && !line.startsWith('#'))) {
    const header = /^\s+([\w-]+): (.*)$/.exec(line)
    if (header) found.push({ path, name: header[1], value: header[2] })
    else path = new RegExp('^' + line.trim().replace(/[.+?^${}()|[\]\\]/g, '\\$&').replace(/\*/g, '.*') + '$')
  }
  return found
}

export function serve(site: string, port = 0): Promise<Server> {
  const redirects = rules(readFileSync(join(site, '_redirects'), 'utf8'))
  const sent = headers(readFileSync(join(site, '_headers'), 'utf8'))
  const packed = new Map<string, Buffer>()
  const server = createServer((request, response) => {
    const { pathname } = new URL(request.url!, 'http://site')
    for (const { path, name, value } of sent) {
      if (path.test(pathname)) response.setHeader(name, value)
    }
    const found = file(site, pathname)
    if (!found && redirects.has(pathname)) {
      response.writeHead(302, { Location: redirects.get(pathname) }).end()
      return
    }
    const name = found ?? join(site, '404.html')
    const type = types[extname(name)] ?? 'application/octet-stream'
    const compressed = !/png|woff2/.test(type)
    if (!packed.has(name)) packed.set(name, compressed ? gzipSync(readFileSync(name)) : readFileSync(name))
    if (compressed) response.setHeader('Content-Encoding', 'gzip')
    response.writeHead(found ? 200 : 404, { 'Content-Type': type, 'Content-Length': packed.get(name)!.length })
    response.end(packed.get(name))
  })
  return new Promise(resolve => server.listen(port, '127.0.0.1', () => resolve(server)))
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const port = Number(process.env.PORT ?? 3000)
  await serve(fileURLToPath(new URL('../dist', import.meta.url)), port)
  console.log(`The site is at http://localhost:${port}; Ctrl-C ends it.`)
}
