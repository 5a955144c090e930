export default defineAppConfig({
  ui: {
    colors: { primary: 'indigo', neutral: 'slate' },
    pageHero: { slots: { container: 'py-12 sm:py-16 lg:py-20 gap-8', title: 'text-3xl sm:text-5xl' } },
    pageSection: { slots: { container: 'py-8 sm:py-10 lg:py-12 gap-6 sm:gap-8', title: 'text-2xl sm:text-3xl' } },
  },
  navigation: { sub: 'header' },
  // One key alone would be in the way of those who speak to their browser.
  docus: { shortcuts: { toggleColorMode: '' } },
})
