import { Secret, string } from './fields.ts'
import { written } from './written.ts'

/** How to make a key. */
export const MAKE_KEY = 'echo "whsec_$(openssl rand -base64 32)"'
const signingKey = string(`whsec_ followed by base64. To make one: ${MAKE_KEY}`, (raw) =>
  /^whsec_[A-Za-z0-9+/]+={0,2}$/.test(raw),
)

/** A key of Standard Webhooks. */
export const SigningKey = (description: string, options?: { make: string }) =>
  Secret(description, signingKey, { ...options, written: written.signingKey })
