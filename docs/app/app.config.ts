export default defineAppConfig({
  ui: {
    colors: { primary: 'indigo', neutral: 'slate' },
  },
  navigation: { sub: 'header' },
  // One key alone would be in the way of those who speak to their browser.
  docus: { shortcuts: { toggleColorMode: '' } },
})
