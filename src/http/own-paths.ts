const OWN = '/(v1|docs|metrics|livez|readyz|openapi\\.json|schema|assets)'

/** Paths of the service itself. All others may be pages of the dashboard. */
export const OWN_PATH = new RegExp(`^${OWN}(/|$)`)

/** Links of the dashboard to its own pages. */
export const PAGE_LINK = new RegExp(`^(?!${OWN}([/?#]|$))`)
