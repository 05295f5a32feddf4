import { Type } from 'typebox'
import { Flag, field, headerSecret, NonEmpty, Secret } from './fields.ts'
import { httpUrl, isPlainUrl, Url } from './url-fields.ts'
import { written } from './written.ts'

const EXPECTED = 'an http or https URL without credentials, query and fragment, or a list of some'

function urls(raw: unknown): string[] {
  const all = Array.isArray(raw) ? raw : [raw]
  // An empty one is the default, beside pods.
  if (all.every((one) => typeof one === 'string' && isPlainUrl(one)))
    return [...new Set(all.map((one) => new URL(one).href))]
  throw new RangeError(`expected ${EXPECTED}`)
}

/** The metrics of a registry's processes: they tell what the registry could not deliver. */
export const registryMetrics = Type.Optional(
  Type.Refine(
    Type.Object(
      {
        url: field('The URL of its metrics; several, if it has several processes.', urls, {
          default: [],
          written: written.oneOrMany(written.url),
        }),
        pods: Type.Optional(
          Url(
            'An http URL whose host is a DNS name of all processes: each of its addresses is one, and they are looked up each minute.',
          ),
        ),
        endpoint: Type.Optional(
          NonEmpty(
            "The name of Tallyman's endpoint at the registry. Default: the only one; else the one whose URL ends in /v1/events, or that is named tallyman.",
          ),
        ),
        onlyEndpoint: Flag(
          "Whether the registry has no other endpoint. Metrics of old versions of GitLab's registry do not tell endpoints apart.",
          { default: false },
        ),
        username: Type.Optional(NonEmpty('The user, if its metrics need a login.')),
        password: Type.Optional(Secret('The password of the user.')),
        token: Type.Optional(Secret('A bearer token, if its metrics need one.', headerSecret(1))),
      },
      {
        description:
          'The metrics of its processes: they tell what it could not deliver. Default: nobody asks.',
        written: written.anyKeyOf(['url', 'pods']),
        additionalProperties: false,
      },
    ),
    // It is asked before defaults are filled in.
    ({ url, pods, username, password, token }) =>
      ((Array.isArray(url) ? url.length > 0 : url !== undefined) || pods !== undefined) &&
      (pods === undefined || typeof pods !== 'string' || httpUrl(pods)?.protocol === 'http:') &&
      (username === undefined) === (password === undefined) &&
      (username === undefined || token === undefined),
    () => 'expected url, or pods with an http URL, and at most one login: username with password, or token',
  ),
)
