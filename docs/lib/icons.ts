import { globSync, readFileSync } from 'node:fs'
import { createRequire } from 'node:module'

const named = /\bi-(lucide|simple-icons|vscode-icons)[-:]([a-z0-9-]+)/g

// icons are those that the pages name. They travel with the site, which asks no other host for one; Nuxt Icon finds those
// of the components by itself. It throws where there is none of a name.
export function icons(content: string): string[] {
  const require = createRequire(import.meta.url)
  const found = new Set<string>()
  for (const file of globSync(['**/*.md', '**/*.yml', '**/.navigation.yml'], { cwd: content })) {
    for (const [, set, name] of readFileSync(`${content}/${file}`, 'utf8').matchAll(named)) {
      const { icons, aliases } = require(`@iconify-json/${set}/icons.json`)
      if (!(name in icons || name in (aliases ?? {}))) throw new Error(`docs/content/${file}: no icon i-${set}-${name}`)
      found.add(`${set}:${name}`)
    }
  }
  return [...found].sort()
}
