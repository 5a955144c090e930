// Package netlify manages settings of sites that exist on Netlify.
package netlify
