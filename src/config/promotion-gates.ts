import { Type } from 'typebox'
import { parseDuration } from '../platform/units.ts'
import { SIGN_PREDICATE } from '../promotion/gates/check-bundle.ts'
import type { Identity } from '../promotion/gates/gate.ts'
import { parsePublicKey } from '../promotion/gates/public-key.ts'
import { parseTrustedRoot } from '../promotion/gates/trusted-root.ts'
import { Texts } from './expiry-rule.ts'
import { Choice, field, Name, NonEmpty, nonEmpty, Pem, Secret, string } from './fields.ts'
import { patternIn } from './pattern-fields.ts'
import { Duration, Integer } from './quantity-fields.ts'
import { list, section } from './sections.ts'
import { SigningKey } from './signing-key.ts'
import { httpUrl } from './url-fields.ts'
import { isMapping } from './walk.ts'
import { written } from './written.ts'

/** A parser that leaves a text as it is if `parse` can read it. */
const readable = (parse: (text: string) => unknown) => (raw: unknown) => {
  const text = nonEmpty(raw)
  parse(text)
  return text
}

/** Who is named by a certificate: a text, or `{ pattern }`, an RE2 pattern for the whole of it. */
const Subject = (description: string) =>
  field(
    description,
    (raw): Identity['subject'] =>
      isMapping(raw) ? { pattern: patternIn(raw, 'a text') } : { exact: nonEmpty(raw) },
    { written: written.textOrPattern(written.nonEmpty) },
  )

/** Its path may be a secret. */
const WebhookUrl = (description: string) =>
  Secret(
    description,
    string('an http or https URL without a user and a password', (raw) => {
      const url = httpUrl(raw)
      return url !== undefined && url.username + url.password === ''
    }),
    { written: written.secretUrl },
  )

const Timeout = (description: string) =>
  field(
    description,
    (raw) => {
      const ms = parseDuration(typeof raw === 'string' ? raw : '')
      if (ms > 0 && ms <= 60_000) return ms
      throw new RangeError('expected a duration above 0, of 60s at most')
    },
    { default: '10s', written: written.duration },
  )

const keyless = Type.Object(
  {
    // A JSON document of several lines, which is read from a file as PEM is.
    trustedRoot: Pem('The trusted root of the sigstore, as JSON.', readable(parseTrustedRoot)),
    identities: Type.Array(
      section('An identity.', {
        issuer: NonEmpty('Who vouches for it: the URL of the issuer of its token.'),
        subject: Subject('Who it is, as the certificate says: a text, or { pattern: … }.'),
      }),
      { description: 'Who may sign.', minItems: 1 },
    ),
  },
  { description: 'Certificates in place of keys.', additionalProperties: false },
)

const signature = Type.Refine(
  section(
    'The image is signed by one of these keys or identities.',
    {
      type: Type.Literal('signature'),
      keys: list(
        'Public keys.',
        section('A public key.', {
          name: Name('The name in receipts.'),
          publicKey: Pem('The key in PEM: ECDSA P-256 or ed25519.', readable(parsePublicKey)),
        }),
      ),
      keyless: Type.Optional(keyless),
      predicateType: NonEmpty('What is signed: the predicate type of an attestation. Default: the image.', {
        default: SIGN_PREDICATE,
      }),
    },
    written.anyKeyOf(['keys', 'keyless']),
  ),
  // It is asked before defaults are filled in.
  ({ keys, keyless }) => Boolean(keys?.length) || keyless !== undefined,
  () => 'expected keys or keyless',
)

const gate = Type.Union(
  [
    signature,
    section('An artifact refers to the image.', {
      type: Type.Literal('referrer'),
      artifactType: NonEmpty('A wildcard for its artifact type.'),
    }),
    section('The image was pushed some time ago.', {
      type: Type.Literal('minAge'),
      age: Duration('How long ago.'),
    }),
    section('The image has labels; of an index, every image in it has them.', {
      type: Type.Literal('label'),
      labels: Texts('Labels of its config: names and wildcards for their values.'),
    }),
    section('The manifest has annotations; of an index, the index itself.', {
      type: Type.Literal('annotation'),
      annotations: Texts('Annotations: names and wildcards for their values.'),
    }),
    section('The project is not over its quota.', {
      type: Type.Literal('flag'),
      allow: Choice('The worst flag that the project may have.', ['ok', 'warning'], { default: 'ok' }),
    }),
    section('An outside check says yes.', {
      type: Type.Literal('webhook'),
      url: WebhookUrl('The URL to which the question is posted.'),
      secret: Type.Optional(SigningKey('The key that signs the question. Default: it is not signed.')),
      timeout: Timeout('How long to wait for an answer, 60s at most.'),
    }),
    section('People approve it.', {
      type: Type.Literal('approval'),
      people: Integer('How many different people.', 1, 100, { default: 1 }),
    }),
  ],
  { description: 'A condition that an image must meet.' },
)

/** The gates of a promotion rule. */
export const promotionGates = list('What an image must meet before it is copied: all of these.', gate)
