import { Type } from 'typebox'
import { Choice, NonEmpty, Pattern, Secret } from './fields.ts'
import { Duration, Fraction, Interval, Size } from './quantity-fields.ts'
import { Cron, TimeZone } from './schedule-fields.ts'
import { section } from './section.ts'
import { SigningKey } from './signing-key.ts'
import { SecretUrl, Url } from './url-fields.ts'
import { written } from './written.ts'

/** A step of a collection that is the site's own: a program, or a URL. */
const hook = (description: string, timeout: string) =>
  Type.Optional(
    Type.Refine(
      Type.Object(
        {
          command: Type.Optional(
            Type.Array(NonEmpty('The program, or an argument.'), {
              description:
                'A program with its arguments, run without a shell. It succeeds if it ends with the status 0.',
              minItems: 1,
            }),
          ),
          env: Type.Array(
            Pattern('A name.', 'the name of an environment variable', /^[A-Za-z_][A-Za-z0-9_]*$/),
            {
              description:
                'Environment variables of Tallyman that the program gets, beside PATH, HOME, LANG, TZ, TMPDIR and TALLYMAN_REGISTRY, TALLYMAN_COLLECTION and TALLYMAN_HOOK.',
              default: [],
            },
          ),
          url: Type.Optional(
            SecretUrl(
              'A URL that is asked. It succeeds with a status of 200 to 299. With 202 it is not done yet: it is asked again every 5 seconds.',
            ),
          ),
          method: Choice('The method of the request.', ['POST', 'PUT', 'PATCH', 'DELETE'], {
            default: 'POST',
          }),
          authorization: Type.Optional(Secret('The header Authorization, such as "Bearer …" or "Basic …".')),
          secret: Type.Optional(
            SigningKey('The key that signs the request as Standard Webhooks. Default: it is not signed.'),
          ),
          timeout: Duration('How long it may take.', { default: timeout }),
        },
        {
          description,
          additionalProperties: false,
          written: written.anyKeyOf(['command', 'url', 'urlFile']),
        },
      ),
      ({ command, url }) => (command === undefined) !== (url === undefined),
      () => 'expected one of command and url',
    ),
  )

const hooks = Type.Optional(
  Type.Refine(
    Type.Object(
      {
        readOnlyOn: hook('Makes the registry refuse writes, and lets it answer reads.', '2m'),
        collect: hook(
          "Runs the registry's own garbage collector. It ends with `maxPause` at the latest.",
          '7d',
        ),
        flushCache: hook(
          'Empties what remembers which blobs there are, after a collection: the blob-descriptor cache of a registry.',
          '2m',
        ),
        readOnlyOff: hook(
          'Makes the registry take writes again. It may be called when it does already, and must end a collector that still runs elsewhere.',
          '2m',
        ),
      },
      {
        description: "What a collection calls: the site's own programs or URLs.",
        additionalProperties: false,
        written: { required: ['readOnlyOn', 'readOnlyOff'] },
      },
    ),
    ({ readOnlyOn, readOnlyOff }) => readOnlyOn !== undefined && readOnlyOff !== undefined,
    () => 'expected both readOnlyOn and readOnlyOff',
  ),
)

const barrier = Type.Optional(
  // No section: that would be there without being written.
  Type.Object(
    {
      hold: Choice(
        'What holds pushes back: a proxy in front of the registry that asks Tallyman, or the hooks readOnlyOn and readOnlyOff.',
        ['proxy', 'hooks'],
        { default: 'proxy' },
      ),
      url: Type.Optional(Url('The URL of the proxy that clients use. Default: the `url` of the registry.')),
      minAge: Duration('How long nobody may have written or linked a blob that is collected.', {
        default: '1d',
      }),
      pause: Duration('How long pushes may wait at a time.', { default: '2s' }),
      rest: Duration('How long pushes go on between two such times.', { default: '10s' }),
      cache: Choice(
        'Whether the registry remembers which blobs it has: `try` finds out, and a registry that does is not collected. `none`: it does not.',
        ['try', 'none'],
        { default: 'try' },
      ),
    },
    {
      description:
        'Collecting while the registry runs: pushes wait for some seconds (docs/garbage-collection.md).',
      additionalProperties: false,
    },
  ),
)

/** `registries.x.gc`. */
export const gc = section('Collecting the garbage of its storage.', {
  hooks,
  barrier,
  trash: Duration('How long what was collected behind the barrier is kept before it is deleted for good.', {
    default: '7d',
  }),
  maxPause: Duration(
    'How long a collection may keep the registry read-only. Then the collector is ended, and writes are let in again.',
    { default: '1h' },
  ),
  idle: Duration('How long nothing of an upload was written before it no longer holds up a collection.', {
    default: '5m',
  }),
  patience: Duration('How long a collection waits for uploads to end before it begins.', { default: '15m' }),
  schedule: Type.Optional(Cron('When a collection runs by itself. Default: only if somebody asks.')),
  timeZone: TimeZone('The time zone of the schedule.', { default: 'UTC' }),
  survey: Interval(
    'How often the storage is surveyed, so that it is known what a collection would free. Only with `storage`.',
    { default: '1d' },
  ),
  advise: section('When a collection pays, and people are told.', {
    bytes: Type.Optional(Size('If it would free as many bytes. Default: no number of bytes is enough.')),
    share: Fraction('If it would free this share of what the storage holds.', { default: '20%' }),
  }),
})
