// What the search looks through, fetched when somebody opens it.
import { queryCollectionSearchSections } from '@nuxt/content/server'

export default defineEventHandler(event => queryCollectionSearchSections(event, 'docs'))
