// What Docus does not do by itself: pages of GitHub become pages of the site, and each of them is rendered, whether or
// not a link leads to it.
import { globSync } from 'node:fs'
import { dirname } from 'node:path'
import { defineNuxtModule } from '@nuxt/kit'
import { visit } from 'unist-util-visit'
import { finish, link, picture, route, type Page } from '../lib/markdown.ts'
import manifest from '../package.json' with { type: 'json' }

interface Link { type: string, url: string }

export default defineNuxtModule({
  meta: { name: 'pages' },
  setup(_, nuxt) {
    const repository = { folder: dirname(nuxt.options.rootDir), url: manifest.repository.url }
    // Nuxt Content leaves a page that fails out, and goes on.
    const failed: string[] = []
    const noting = <T>(work: () => T): T | undefined => {
      try {
        return work()
      }
      catch (error) {
        failed.push((error as Error).message)
      }
    }
    // Before Nuxt Content makes paths of its own of the links. The name of a file begins with that of its collection.
    const links = () => (tree: Parameters<typeof visit>[0], { id }: { id: string }) => {
      const file = id.slice(id.indexOf('/') + 1)
      visit(tree, (node) => {
        const { type, url } = node as unknown as Link
        const target = { link, definition: link, image: picture }[type]
        if (target) noting(() => { (node as unknown as Link).url = target(url, file, repository) })
      })
    }
    nuxt.hook('content:file:beforeParse', ({ parserOptions }) => {
      const plugins = (parserOptions as { markdown: { remarkPlugins: Record<string, unknown> } }).markdown.remarkPlugins
      plugins['remark-emoji'] = false
      plugins.links = { instance: links }
    })
    nuxt.hook('content:file:afterParse', ({ content }) => {
      const file = `${content.stem}.md`
      // What the navigation is in the order of, as a text: without zeros, 10 would come before 9.
      content.stem = content.stem.replace(/(^|\/)(?=\d\.)/g, '$10')
      if (content.extension !== 'md') return
      content.path = route(file)
      content.meta.file = file
      noting(() => finish(content as unknown as Page, file))
    })
    nuxt.hook('build:before', () => {
      if (failed.length) throw new Error('\n' + failed.join('\n'))
    })
    nuxt.hook('nitro:config', (nitro) => {
      const files = globSync('**/*.md', { cwd: `${nuxt.options.rootDir}/content` })
      nitro.prerender!.routes!.push('/search.json', ...files.map(route))
    })
  },
})
