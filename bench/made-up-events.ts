import { digestOfName, sizeOfName } from './made-up-content.ts'
import { fraction, type MadeUpImage, madeUpImage, mix, type Shape } from './made-up-image.ts'

const OCI = 'application/vnd.oci.image'
/** Yesterday: an event far from when it is received is quarantined. */
const START_MS = Date.now() - 86_400_000
/** A push of one image is the upload of its four own blobs, then its manifest: 8 % and 2 % of all events. */
const PULLS_FOR_A_PUSH = 45
/** The config and nine layers. */
const REFERENCES = 10

/**
 * What a busy registry tells, event by event: 90 % pulls of manifests, 8 % pushes of blobs, 2 % pushes of manifests
 * with ten references. Projects are drawn by Zipf's law, and of a project's images the latest most often. Each project
 * has `before` images already; `earlier` are their pushes.
 */
export function madeUpEvents({ count, shape, before }: { count: number; shape: Shape; before: number }) {
  const images = Array.from({ length: shape.projects }, (_, project) =>
    Array.from({ length: before }, (_, i) => madeUpImage(i * shape.projects + project, shape)),
  )
  const earlier = images.flat().map((image, n) => manifestEvent('push', image, n, true))
  const events: ReturnType<typeof envelope>[] = []
  const project = zipf(shape.projects)
  for (let draw = 0; events.length < count; draw++) {
    const chosen = project(fraction(draw))
    const known = images[chosen] ?? []
    const n = earlier.length + events.length
    if (draw % (PULLS_FOR_A_PUSH + 1) > 0) {
      const image = known[Math.floor(known.length * (1 - fraction(~draw) ** 3))]
      if (image) events.push(manifestEvent('pull', image, n, draw % 2 === 0))
      continue
    }
    const image = madeUpImage(known.length * shape.projects + chosen, shape)
    known.push(image)
    const own = [...image.layers.filter((layer) => layer.startsWith('image/')), image.config]
    for (const [i, blob] of own.entries()) events.push(blobEvent(image.repository, blob, n + i))
    events.push(manifestEvent('push', image, n + own.length, true))
  }
  return { earlier, events: events.slice(0, count) }
}

/** A number below `count` from a fraction: the first twice as often as the second, thrice as often as the third. */
function zipf(count: number): (fraction: number) => number {
  let sum = 0
  const upTo = Array.from({ length: count }, (_, i) => {
    sum += 1 / (i + 1)
    return sum
  })
  return (fraction) => upTo.findIndex((weight) => fraction * sum < weight)
}

/** As distribution 2.8 sends it (test/captures), with `includereferences`. */
function manifestEvent(action: 'push' | 'pull', image: MadeUpImage, n: number, byTag: boolean) {
  const { repository, manifest, tag, config, layers } = image
  const digest = digestOfName(manifest)
  const references = [config, ...layers.slice(1 - REFERENCES)].map((name, i) => ({
    mediaType: i === 0 ? `${OCI}.config.v1+json` : `${OCI}.layer.v1.tar+gzip`,
    size: sizeOfName(name),
    digest: digestOfName(name),
  }))
  const target = {
    ...{ mediaType: `${OCI}.manifest.v1+json`, size: 2_412, digest, length: 2_412, repository },
    url: `https://registry.example.org/v2/${repository}/manifests/${digest}`,
    ...(byTag && { tag }),
    references,
  }
  return { ...envelope(action, n, action === 'push' ? 'PUT' : 'GET'), target }
}

function blobEvent(repository: string, name: string, n: number) {
  const [digest, size] = [digestOfName(name), sizeOfName(name)]
  const target = {
    ...{ mediaType: 'application/octet-stream', size, digest, length: size, repository },
    url: `https://registry.example.org/v2/${repository}/blobs/${digest}`,
  }
  return { ...envelope('push', n, 'PUT'), target }
}

/** All but the target; event `n` is a millisecond after the one before. */
function envelope(action: string, n: number, method: string) {
  const uuid = (salt: number) => {
    const hex = [0, 1, 2, 3]
      .map((part) =>
        mix(n * 16 + salt * 4 + part)
          .toString(16)
          .padStart(8, '0'),
      )
      .join('')
    return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5')
  }
  return {
    id: uuid(0),
    timestamp: new Date(START_MS + n).toISOString().replace('Z', '381134Z'),
    action,
    request: {
      ...{ id: uuid(1), addr: '10.0.3.17:59964', host: 'registry.example.org', method },
      useragent: 'docker/27.3.1 go/go1.22.7 git-commit/41ca978 kernel/6.1.0-26-amd64 os/linux arch/amd64',
    },
    actor: { name: `ci-${n % 40}` },
    source: { addr: 'registry-1:5000', instanceID: 'f1b4e546-c1c2-4375-99f5-68b79f68f168' },
  }
}
