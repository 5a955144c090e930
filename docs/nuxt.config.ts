import { fileURLToPath } from 'node:url'
import { icons } from './lib/icons.ts'
import manifest from './package.json' with { type: 'json' }

const path = (name: string) => fileURLToPath(new URL(name, import.meta.url))

// Nothing here names a host of the site: Netlify says it to the build (URL).
export default defineNuxtConfig({
  extends: ['docus'],
  compatibilityDate: '2026-01-01',
  telemetry: false,
  devtools: { enabled: false },
  site: { name: 'Mastodon on DigitalOcean' },
  appConfig: {
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
    'build:manifest'(files) {
      for (const file of Object.values(files)) file.prefetch = false
    },
  },
  // These need a server.
  ogImage: { enabled: false },
  mcp: { enabled: false },
})
