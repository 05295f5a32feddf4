import { type StaticDecode, Type } from 'typebox'
import { isRepositoryName } from '../registry/name.ts'
import { Choice, field, Glob, Name, NonEmpty, Pem, RegistryName, string, unique } from './fields.ts'
import { hasCertificates } from './pem.ts'
import { list, section } from './sections.ts'
import { written } from './written.ts'

/** Signatures by a private key (RFC 7518, RFC 8037). `none` and `HS256` are no choice: whoever knows the public key could sign. */
const ALGORITHMS = ['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512', 'ES256', 'ES384', 'ES512', 'EdDSA']

/** Issuers at which anybody may have a project, under a name that is free. */
const PUBLIC = ['gitlab.com', 'token.actions.githubusercontent.com']

/** Compared with the claim `iss` as it stands, so a slash at its end stays. */
const issuerUrl = string('an http or https URL without credentials, query and fragment', (raw) => {
  const url = URL.parse(raw)
  return url !== null && /^https?:$/.test(url.protocol) && !url.username && !/[?#@]/.test(raw)
})

const projectTemplate = string('the path of a project that contains no variable but {path}', (raw) =>
  isRepositoryName(raw.replaceAll('{path}', 'a')),
)

/** The text of a claim, or several of which one is enough. YAML reads `true` and `42` as no text. */
function claimValues(raw: unknown): string[] {
  const values = (Array.isArray(raw) ? raw : [raw]).map((value) =>
    typeof value === 'boolean' || typeof value === 'number' ? String(value) : value,
  )
  if (values.length > 0 && values.every((value) => typeof value === 'string' && value !== '')) return values
  throw new RangeError('expected a text, or a list of texts of which one is enough')
}

const project = section('Projects of the issuer, and the project in Tallyman that their jobs act for.', {
  path: Glob(
    'A glob for the path of the project, in lower case: group/project, owner/repository.',
    'repository',
  ),
  id: Type.Optional(
    field(
      "The id of the project: GitLab's project_id, GitHub's repository_id. Default: the first that is seen.",
      (raw) =>
        string('the id of a project, a number', (text) => /^\d+$/.test(text))(
          typeof raw === 'number' ? String(raw) : raw,
        ),
      {
        written: written.matching(/^\d+$/, 'the id of a project, a number', {
          type: ['integer', 'string'],
          minimum: 0,
        }),
      },
    ),
  ),
  registry: RegistryName('The registry that holds its images.'),
  project: field(
    'The path of the project in that registry. {path} is that at the issuer, in lower case.',
    projectTemplate,
    {
      default: '{path}',
      written: written.nonEmpty,
    },
  ),
})

const issuerFields = section('What signs the tokens of CI jobs.', {
  name: Name('The name in records and in the log.'),
  type: Choice('Whose claims the tokens have.', ['gitlab', 'github']),
  issuer: field('Its URL, exactly as the claim `iss` has it.', issuerUrl, {
    ...unique('list'),
    written: written.url,
  }),
  audience: NonEmpty('What the claim `aud` must name: a text that only tokens for this service have.'),
  algorithms: Type.Array(Choice('An algorithm.', ALGORITHMS), {
    description: 'How its tokens may be signed.',
    default: ['RS256'],
    minItems: 1,
  }),
  ca: Type.Optional(
    Pem(
      'Certificates of CAs to trust beside those that Node trusts.',
      string('certificates in PEM, -----BEGIN CERTIFICATE-----', hasCertificates),
    ),
  ),
  projects: Type.Array(project, { description: 'Whose jobs may act, and for what.', minItems: 1 }),
  conditions: Type.Optional(
    Type.Record(
      Type.String({ pattern: '^(?!constructor$|prototype$|__proto__$)[A-Za-z_][\\w:/.-]*$' }),
      field('The text of the claim, or a list of which one is enough.', claimValues, {
        written: written.oneOrMany({ type: ['string', 'boolean', 'number'] }),
      }),
      { description: 'Claims that a token must have.', expectedName: 'the name of a claim' },
    ),
  ),
})

/** Whether a glob begins with a name: that of a group, an owner or a user. */
const namesOwner = (path: unknown): boolean => /^[a-z0-9._-]+\//.test(String(path))

const issuer = Type.Refine(
  issuerFields,
  ({ issuer, projects }) =>
    !PUBLIC.includes(URL.parse(String(issuer))?.host ?? '') ||
    // It is asked before defaults are filled in.
    (Array.isArray(projects) ? projects : []).every((project) => namesOwner(project?.path)),
  () =>
    'expected each path in projects to begin with the name of a group or owner: anybody may have a project there',
)

export const ci = section('CI jobs that show the token that their issuer signed.', {
  issuers: list('The issuers.', issuer),
})

/** An issuer of tokens, as configured. */
export type CiIssuer = StaticDecode<typeof issuer>
