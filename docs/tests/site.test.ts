// The site in a real browser, served as Netlify serves it. `make test-docs` builds it first.
import assert from 'node:assert/strict'
import { globSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import type { Server } from 'node:http'
import { createRequire } from 'node:module'
import type { AddressInfo } from 'node:net'
import { fileURLToPath } from 'node:url'
import { after, before, test } from 'node:test'
import { chromium, type Browser, type BrowserContext, type Page } from 'playwright-core'
import { route } from '../lib/markdown.ts'
import { serve } from '../lib/serve.ts'

const folder = (name: string) => fileURLToPath(new URL(`../${name}`, import.meta.url))
const sources = new Map(globSync('**/*.md', { cwd: folder('content') }).sort().map(file => [route(file), file]))
const pages = [...sources.keys()]
const phone = { width: 390, height: 844 }
const desktop = { width: 1440, height: 900 }

// One page of each kind.
const kinds = {
  landing: '/',
  text: '/consider/architecture',
  run: '/run/monitoring',
  runbook: '/runbooks/webdown',
  runbooks: '/runbooks',
  settings: '/reference/settings/mastodon',
  policy: '/reference/policy/data-stays',
}
const setting = 'mastodon.web.replicas'

// The most that a page may weigh, compressed, without its pictures.
const heaviest = 300_000

let server: Server
let browser: Browser
let origin: string

before(async () => {
  server = await serve(folder('dist'))
  origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  browser = await chromium.launch({
    executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
    args: ['--headless', '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run',
      '--disable-background-networking', '--disable-component-update', '--disable-sync'],
  })
})
after(async () => {
  await browser?.close()
  server?.close()
})

// watch collects what goes wrong in a page: errors, what cannot be fetched, and requests to other hosts.
function watch(page: Page): string[] {
  const wrong: string[] = []
  page.on('console', message => { if (message.type() === 'error') wrong.push(message.text()) })
  page.on('pageerror', error => wrong.push(String(error)))
  page.on('requestfailed', (request) => {
    const { errorText } = request.failure()!
    // Nuxt asks for it a second after a page is there. The tests have gone to the next one by then, now and then.
    if (errorText === 'net::ERR_ABORTED' && request.url().includes('/_nuxt/builds/meta/')) return
    wrong.push(`failed: ${request.url()} ${errorText}`)
  })
  page.on('response', response => { if (response.status() >= 400) wrong.push(`${response.status()}: ${response.url()}`) })
  page.on('request', (request) => {
    if (!request.url().startsWith(`${origin}/`) && !/^(data|blob):/.test(request.url())) wrong.push(`other host: ${request.url()}`)
  })
  return wrong
}

async function open(context: BrowserContext, path: string): Promise<{ page: Page, wrong: string[] }> {
  const page = await context.newPage()
  const wrong = watch(page)
  await page.goto(origin + path)
  await awake(page)
  return { page, wrong }
}

// awake waits until the page does what it is told: Vue has taken over what came as HTML.
async function awake(page: Page) {
  await page.waitForFunction(() => (document.querySelector('#__nuxt') as { __vue_app__?: unknown } | null)?.__vue_app__)
  await page.waitForLoadState('networkidle')
}

async function withContext<T>(options: Parameters<Browser['newContext']>[0], work: (context: BrowserContext) => Promise<T>) {
  const context = await browser.newContext({ viewport: desktop, reducedMotion: 'reduce', ...options })
  try {
    return await work(context)
  }
  finally {
    await context.close()
  }
}

// visitAll opens every page, some at once, and says what was found wrong.
async function visitAll(viewport: typeof phone, look: (page: Page, path: string) => Promise<string[]>) {
  const left = [...pages]
  const found: string[] = []
  await withContext({ viewport }, context => Promise.all([1, 2].map(async () => {
    const page = await context.newPage()
    const wrong = watch(page)
    for (let path = left.shift(); path; path = left.shift()) {
      wrong.length = 0
      await page.goto(origin + path)
      await page.waitForFunction(() => (document.querySelector('#__nuxt') as { __vue_app__?: unknown } | null)?.__vue_app__)
      found.push(...[...await look(page, path), ...wrong].map(text => `${path}: ${text}`))
    }
  })))
  return found
}

test('every page loads on a phone, with its pictures, and nothing is wider than it', async () => {
  assert.ok(pages.length > 70)
  assert.deepEqual(await visitAll(phone, async (page, path) => {
    const seen = await page.evaluate(async () => {
      const pictures = [...document.querySelectorAll('img')]
      for (const picture of pictures) picture.loading = 'eager'
      await Promise.all(pictures.map(picture => picture.decode().catch(() => {})))
      return {
        title: document.querySelectorAll('h1').length,
        wider: document.documentElement.scrollWidth - innerWidth,
        missing: pictures.filter(picture => picture.naturalWidth === 0).map(picture => picture.src),
        shown: [...document.querySelectorAll('#content img')].map(picture => picture.getAttribute('src')),
      }
    })
    const wanted = [...readFileSync(`${folder('content')}/${sources.get(path)}`, 'utf8').matchAll(/!\[[^\]]*\]\([^)]*\/([^/)]+)\)/g)]
    const wrong = seen.missing.map(src => `the picture ${src} is not shown`)
    if (seen.wider > 0) wrong.push(`${seen.wider} pixels wider than a phone`)
    if (seen.title !== 1) wrong.push(`${seen.title} titles`)
    for (const [, name] of wanted) if (!seen.shown.includes(`/pictures/${name}`)) wrong.push(`there is no picture ${name}`)
    return wrong
  }), [])
})

test('every page loads on a desk, and none is heavy', async (t) => {
  const weights: Record<string, number> = {}
  assert.deepEqual(await visitAll(desktop, async (page, path) => {
    const bytes = await page.evaluate(async () => {
      await new Promise(resolve => setTimeout(resolve, 50))
      const [document] = performance.getEntriesByType('navigation') as PerformanceNavigationTiming[]
      const others = performance.getEntriesByType('resource') as PerformanceResourceTiming[]
      return [document, ...others].filter(entry => !/\.(svg|png)$/.test(entry.name))
        .reduce((sum, entry) => sum + entry.encodedBodySize, 0)
    })
    weights[path] = bytes
    return bytes > heaviest ? [`${bytes} bytes compressed`] : []
  }), [])
  const [path, most] = Object.entries(weights).sort(([, a], [, b]) => b - a)[0]
  assert.ok(most > 50_000, 'what is measured are pages with all that belongs to them')
  record({ weights })
  t.diagnostic(`the heaviest of ${pages.length} pages is ${path} with ${most} bytes`)
})

// record keeps what was measured in docs/.measured.
function record(measured: Record<string, unknown>) {
  mkdirSync(folder('.measured'), { recursive: true })
  for (const [name, value] of Object.entries(measured)) {
    writeFileSync(`${folder('.measured')}/${name}.json`, JSON.stringify(value, null, 2) + '\n')
  }
}

test('pages are painted soon and block nobody', async (t) => {
  const figures: Record<string, { firstPaint: number, largestPaint: number, blocked: number }> = {}
  for (const [kind, path] of Object.entries(kinds)) {
    await withContext({}, async (context) => {
      await context.addInitScript(() => {
        const seen = { firstPaint: 0, largestPaint: 0, blocked: 0 }
        Object.assign(window, { seen })
        new PerformanceObserver((list) => {
          for (const entry of list.getEntriesByName('first-contentful-paint')) seen.firstPaint = entry.startTime
        }).observe({ type: 'paint', buffered: true })
        new PerformanceObserver((list) => { seen.largestPaint = list.getEntries().at(-1)!.startTime })
          .observe({ type: 'largest-contentful-paint', buffered: true })
        new PerformanceObserver((list) => {
          for (const entry of list.getEntries()) seen.blocked += Math.max(0, entry.duration - 50)
        }).observe({ type: 'longtask', buffered: true })
      })
      const { page } = await open(context, path)
      const seen = await page.evaluate(() => (window as unknown as { seen: typeof figures[string] }).seen)
      figures[kind] = Object.fromEntries(Object.entries(seen).map(([name, value]) => [name, Math.round(value)])) as typeof seen
    })
    t.diagnostic(`${path}: ${JSON.stringify(figures[kind])} ms`)
    assert.ok(figures[kind].firstPaint > 0 && figures[kind].firstPaint < 2500, `first paint of ${path}`)
    assert.ok(figures[kind].blocked < 1500, `blocking time of ${path}`)
  }
  record({ speed: figures })
})

test('the navigation reaches every page', async () => {
  const all = new Set(pages.filter(path => path !== '/'))
  const reached = async (page: Page, within: string) => new Set(await page.locator(`${within} a[href^="/"]`)
    .evaluateAll(links => links.map(link => new URL((link as HTMLAnchorElement).href).pathname)))
  await withContext({}, async (context) => {
    const { page } = await open(context, kinds.run)
    const sections = await reached(page, 'nav[aria-label="Sections"]')
    assert.ok(sections.size >= 3)
    const found = new Set<string>()
    for (const section of sections) {
      await page.goto(origin + section)
      for (const path of await reached(page, 'aside')) found.add(path)
    }
    assert.deepEqual([...all].filter(path => !found.has(path)), [], 'on a desk')
  })
  await withContext({ viewport: phone }, async (context) => {
    const { page } = await open(context, '/')
    await page.getByRole('button', { name: 'Menu', exact: true }).click()
    const menu = page.getByRole('dialog', { name: 'Menu' })
    await menu.waitFor()
    const found = await reached(page, 'dialog')
    assert.deepEqual([...all].filter(path => !found.has(path)), [], 'on a phone')
    await page.keyboard.press('Escape')
    await menu.waitFor({ state: 'hidden' })
  })
})

test('the search finds a setting by its path', async () => {
  await withContext({}, async (context) => {
    const { page, wrong } = await open(context, '/')
    await page.keyboard.press('Control+k')
    await page.getByRole('dialog').getByRole('combobox').or(page.getByRole('dialog').locator('input')).first().fill(setting)
    const first = page.getByRole('option').first()
    await first.filter({ hasText: setting }).waitFor()
    await page.keyboard.press('Enter')
    await page.waitForURL(/\/reference\/settings\/mastodon#/)
    const anchor = decodeURIComponent(new URL(page.url()).hash.slice(1))
    const heading = page.locator(`[id="${anchor}"]`)
    assert.equal((await heading.textContent())?.trim(), setting)
    await page.waitForFunction(id => document.getElementById(id)!.getBoundingClientRect().top < innerHeight, anchor)
    assert.deepEqual(wrong, [])
  })
})

test('the keyboard gets everywhere', async () => {
  await withContext({}, async (context) => {
    const { page } = await open(context, kinds.text)
    const focused = () => page.evaluate(() => {
      const element = document.activeElement as HTMLElement
      const { top, left } = element.getBoundingClientRect()
      return { name: element.textContent?.trim() || element.ariaLabel || element.tagName, id: element.id, seen: top >= 0 && left >= 0 }
    })
    await page.keyboard.press('Tab')
    assert.deepEqual(await focused(), { name: 'Skip to the content', id: '', seen: true })
    const names: string[] = []
    for (let i = 0; i < 12; i++) {
      await page.keyboard.press('Tab')
      names.push((await focused()).name!)
    }
    for (const name of ['Mastodon on DigitalOcean', /^Search/, /mode|theme/i, /GitHub/, 'Runbooks']) {
      assert.ok(names.some(found => typeof name === 'string' ? found === name : name.test(found)), `${name} in ${names}`)
    }
    await page.goto(origin + kinds.text)
    await awake(page)
    await page.keyboard.press('Tab')
    await page.keyboard.press('Enter')
    assert.equal((await focused()).id, 'content')

    await page.keyboard.press('Control+k')
    await page.getByRole('dialog').waitFor()
    await page.waitForFunction(() => document.activeElement?.tagName === 'INPUT')
    await page.keyboard.press('Escape')
    await page.getByRole('dialog').waitFor({ state: 'hidden' })
    await page.keyboard.press('Control+k')
    await page.getByRole('dialog').waitFor()
  })
})

test('dark and light, as the reader says', async () => {
  await withContext({ colorScheme: 'light' }, async (context) => {
    const { page } = await open(context, kinds.runbook)
    const brightness = () => page.evaluate(() => {
      const canvas = document.createElement('canvas').getContext('2d')!
      canvas.fillStyle = getComputedStyle(document.body).backgroundColor
      canvas.fillRect(0, 0, 1, 1)
      return canvas.getImageData(0, 0, 1, 1).data[0]
    })
    assert.ok(await brightness() > 240)
    await page.getByRole('button', { name: /mode|theme/i }).first().click()
    await page.waitForFunction(() => document.documentElement.classList.contains('dark'))
    assert.ok(await brightness() < 40)
    await page.reload()
    await awake(page)
    assert.ok(await brightness() < 40, 'the next page remembers')
  })
  await withContext({ colorScheme: 'dark' }, async (context) => {
    const { page } = await open(context, kinds.runbook)
    assert.ok(await page.evaluate(() => document.documentElement.classList.contains('dark')))
  })
})

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')

// What axe may find all the same: a rule, where, and why.
const excused: { rule: string, selector: string, why: string }[] = []

test('nothing is in the way of those who see or move differently', async () => {
  const found: string[] = []
  const used = new Set<string>()
  for (const colorScheme of ['light', 'dark'] as const) {
    await withContext({ colorScheme }, async (context) => {
      for (const path of [...Object.values(kinds), '/there-is-no-such-page']) {
        const page = await context.newPage()
        await page.goto(origin + path)
        await awake(page)
        await page.evaluate(axe)
        const { violations } = await page.evaluate(() => (window as unknown as { axe: typeof import('axe-core') }).axe.run())
        for (const { id, impact, nodes } of violations) {
          if (impact !== 'serious' && impact !== 'critical') continue
          for (const node of nodes) {
            const excuse = excused.find(({ rule, selector }) => rule === id && String(node.target).includes(selector))
            if (excuse) used.add(excuse.selector)
            else found.push(`${colorScheme} ${path}: ${id}: ${node.target} ${node.any[0]?.message ?? ''}`)
          }
        }
        await page.close()
      }
    })
  }
  assert.deepEqual(found, [])
  assert.deepEqual(excused.filter(({ selector }) => !used.has(selector)), [], 'an excuse that nobody needs')
})

test('a page is edited on the branch staging', async () => {
  await withContext({}, async (context) => {
    for (const path of [kinds.runbook, kinds.run, '/consider']) {
      const { page } = await open(context, path)
      assert.equal(await page.getByRole('link', { name: 'Edit this page' }).getAttribute('href'),
        `https://github.com/vmstio/infrastructure/edit/staging/docs/content/${sources.get(path)}`)
    }
  })
})

test('what is not there is said, and headers are sent', async () => {
  const missing = await fetch(`${origin}/there-is-no-such-page`)
  assert.equal(missing.status, 404)
  const home = await fetch(origin)
  assert.match(home.headers.get('content-security-policy')!, /^default-src 'none'; script-src 'self' 'sha256-/)
  assert.equal(home.headers.get('x-content-type-options'), 'nosniff')
  const script = /\/_nuxt\/[\w-]+\.js/.exec(await home.text())![0]
  assert.match((await fetch(origin + script)).headers.get('cache-control')!, /immutable/)
})

const screenshots = process.env.SCREENSHOTS ? test : test.skip
screenshots('pictures of the site, for a person to look at (docs/.screenshots)', async () => {
  mkdirSync(folder('.screenshots'), { recursive: true })
  for (const [size, viewport] of Object.entries({ phone, desktop })) {
    for (const colorScheme of ['light', 'dark'] as const) {
      await withContext({ viewport, colorScheme }, async (context) => {
        for (const [kind, path] of Object.entries(kinds)) {
          const { page } = await open(context, path)
          await page.evaluate(() => { for (const picture of document.querySelectorAll('img')) picture.loading = 'eager' })
          await page.waitForLoadState('networkidle')
          await page.screenshot({ path: `${folder('.screenshots')}/${kind}-${size}-${colorScheme}.png`, fullPage: true })
          await page.close()
        }
      })
    }
  }
})
