import { digestOf } from './image.ts'

const MIB = 2 ** 20

const event = (now: number, target: object, rest: object = {}): object => ({
  ...{ id: `large-${now}`, timestamp: new Date(now).toISOString(), action: 'push' },
  target: { mediaType: 'application/vnd.oci.image.manifest.v1+json', repository: 'large/app', ...target },
  ...rest,
})

const digest = digestOf(Buffer.from('large'))
const envelope = (...events: unknown[]): string => JSON.stringify({ events })
const reference = (n: number) => ({ digest: `sha256:${`${n}`.padStart(64, '0')}`, size: 1 })

/** Bodies that are expensive to read, by name. All except `beyond the limit` are within 10 MiB. `now`: epoch ms. */
export const LARGE_BODIES: Record<string, (now: number) => string> = {
  'beyond the limit': () => envelope('x'.repeat(11 * MIB)),
  'a name of 10 MB': (now) => envelope(event(now, { repository: 'a/'.repeat(5 * MIB - 500), digest })),
  'a digest of 10 MB': (now) => envelope(event(now, { digest: `sha256:${'a'.repeat(10 * MIB - 1_000)}` })),
  'an id of 1 MB': (now) => envelope(event(now, { digest }, { id: `e${'\u0301'.repeat(MIB / 2)}` })),
  'nested and never closed': () => '['.repeat(10 * MIB),
  'an envelope nested a million deep': () => `{"events":[${'['.repeat(MIB)}${']'.repeat(MIB)}]}`,
  'a field nested a million deep': (now) =>
    envelope(event(now, { digest })).replace('"id"', `"extra":${'['.repeat(MIB)}${']'.repeat(MIB)},"id"`),
  '100,000 references': (now) =>
    envelope(event(now, { digest, references: Array.from({ length: 100_000 }, (_, n) => reference(n)) })),
  '30,000 references': (now) =>
    envelope(
      event(now, { digest, size: 1, references: Array.from({ length: 30_000 }, (_, n) => reference(n)) }),
    ),
  '300,000 events that are numbers': () => `{"events":[${'0,'.repeat(300_000)}0]}`,
  '20,000 events from as many instances': (now) =>
    envelope(
      ...Array.from({ length: 20_000 }, (_, n) =>
        event(
          now,
          { digest, mediaType: 'application/octet-stream', size: 9 },
          { source: { instanceID: `${n}` } },
        ),
      ),
    ),
  'the same id 20,000 times': (now) =>
    envelope(
      ...Array.from({ length: 20_000 }, () => event(now, { digest, size: 1, repository: 'large/same' })),
    ),
  '300,000 keys': (now) => {
    const keys = Object.fromEntries(Array.from({ length: 300_000 }, (_, n) => [`k${n}`, n]))
    return envelope(event(now, { ...keys, digest: '' }))
  },
}
