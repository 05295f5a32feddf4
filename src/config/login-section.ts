import { type StaticDecode, Type } from 'typebox'
import { Choice, Flag, field, Glob, NonEmpty, Pem, Secret, string } from './fields.ts'
import { hasCertificates } from './pem.ts'
import { section } from './sections.ts'
import { written } from './written.ts'

/** The verbs that a person or a named token may be given. */
export const GRANTED_VERBS = ['read', 'promote', 'expire', 'admin'] as const

/** The group of everybody whom the issuer lets in. */
export const EVERYBODY = '*'

const LOOPBACK = ['localhost', '127.0.0.1', '[::1]']

/** The code and the secret of the client travel to it, so it has https. */
const isIssuerUrl = (raw: string): boolean => {
  const url = URL.parse(raw)
  if (url === null || url.username + url.password !== '' || /[?#]/.test(raw)) return false
  return url.protocol === 'https:' || (url.protocol === 'http:' && LOOPBACK.includes(url.hostname))
}

const SCOPE = /^[\x21\x23-\x5b\x5d-\x7e]+$/

const grant = section('What the members of a group may do.', {
  group: NonEmpty(
    `The name of the group, as the issuer tells it. "${EVERYBODY}": everybody whom it lets in.`,
  ),
  verbs: Type.Array(Choice('A verb.', [...GRANTED_VERBS]), {
    description: 'What they may do: read, promote, expire, admin. Each includes read, and admin the others.',
    minItems: 1,
  }),
  projects: Type.Array(Glob('A glob for projects, registry/path.', 'project'), {
    description: 'Where they may do it. "**" is everywhere, and the whole service.',
    minItems: 1,
  }),
})

const oidc = Type.Object(
  {
    issuer: field(
      'The URL of the issuer, as its discovery document has it.',
      string('an https URL without credentials, query and fragment (http only for localhost)', isIssuerUrl),
      { written: written.url },
    ),
    clientId: NonEmpty('The id by which the issuer knows Tallyman.'),
    clientSecret: Secret('The secret by which Tallyman shows that it is this client.'),
    name: NonEmpty('What the button of the login page says: Log in with …', { default: 'OpenID Connect' }),
    scopes: Type.Array(
      field(
        'A scope.',
        string('a scope, without spaces', (raw) => SCOPE.test(raw)),
        {
          written: written.matching(SCOPE, 'a scope, without spaces'),
        },
      ),
      {
        description: 'What Tallyman asks to be told of a person. `openid` is always asked for.',
        default: ['openid', 'profile', 'email'],
      },
    ),
    groupsClaim: NonEmpty(
      'The claim that has the groups. With dots for one inside another: realm_access.roles.',
      { default: 'groups' },
    ),
    ca: Type.Optional(
      Pem(
        'Certificates of CAs to trust beside those that Node trusts.',
        string('certificates in PEM, -----BEGIN CERTIFICATE-----', hasCertificates),
      ),
    ),
    grants: Type.Array(grant, {
      description:
        'Which groups may do what. Whoever is in several may do what each of them may, where it may.',
      minItems: 1,
    }),
  },
  {
    description: 'Logging in with OpenID Connect. It needs server.publicUrl.',
    additionalProperties: false,
  },
)

export const login = section('Logging in to the dashboard.', {
  public: Flag('Whether everybody may see a catalogue of what the registries hold, without logging in.', {
    default: false,
  }),
  oidc: Type.Optional(oidc),
})

/** Logging in with OpenID Connect, as configured. */
export type OidcConfig = StaticDecode<typeof oidc>
