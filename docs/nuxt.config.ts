import { fileURLToPath } from 'node:url'
import { useNuxt } from '@nuxt/kit'
import { icons } from './lib/icons.ts'
import manifest from './package.json' with { type: 'json' }

// Modules of Docus that this site leaves out: what needs a server, and one that asks git where the repository is, and
// fails where that is a folder. What it would find out is said below.
const without = /^nuxt-llms$|^@nuxtjs\/mcp-toolkit$|\/modules\/(skills|config)$/

const title = 'Mastodon on DigitalOcean'
const path = (name: string) => fileURLToPath(new URL(name, import.meta.url))

export default defineNuxtConfig({
  extends: ['docus'],
  compatibilityDate: '2026-01-01',
  telemetry: false,
  devtools: { enabled: false },
  // No host is written down: Netlify says to the build which one the site has.
  site: { name: title, url: process.env.URL },
  appConfig: {
    seo: { titleTemplate: `%s - ${title}`, title, description: manifest.description },
    // Pull requests go to the branch staging (CONTRIBUTING.md), so that is where pages are edited.
    github: { url: manifest.repository.url, branch: 'staging', rootDir: manifest.repository.directory },
  },
  // A folder of its own, where the settings of the site look for it (infra/settings/docsite.go).
  nitro: {
    preset: 'static',
    output: { publicDir: path('dist') },
    prerender: { failOnError: true },
  },
  // Nothing comes from another host: the fonts are the reader's, and icons are of the packages that Docus brings.
  ui: { fonts: false },
  icon: { provider: 'none', clientBundle: { icons: icons(path('content')) } },
  image: { provider: 'none' },
  content: {
    build: {
      markdown: {
        highlight: {
          theme: {
            light: 'github-light-high-contrast',
            default: 'github-light-high-contrast',
            dark: 'github-dark-high-contrast',
          },
          langs: ['sh', 'go'],
        },
      },
    },
  },
  // What a reader may look at next is fetched when they point at it: a page leads to dozens.
  experimental: { defaults: { nuxtLink: { prefetchOn: 'interaction' } } },
  hooks: {
    'modules:before'() {
      const { options } = useNuxt()
      const { config } = options._layers.find(layer => layer.cwd.endsWith('/docus'))!
      for (const list of [options, config]) {
        list.modules = list.modules!.filter(module => typeof module !== 'string' || !without.test(module))
      }
      // Nuxt would find them in their folder all the same, and with them the assistant.
      config.dir = { ...config.dir, modules: 'none' }
    },
    'build:manifest'(files) {
      for (const file of Object.values(files)) file.prefetch = false
    },
  },
  // Pictures for previews of links, which would take longer to draw than all the rest.
  ogImage: { enabled: false },
})
