import { digestOfName, sizeOfName } from './made-up-content.ts'
import { fraction, type MadeUpImage, madeUpImage, mix, type Shape } from './made-up-image.ts'

const OCI = 'application/vnd.oci.image'
/** Yesterday. An event far from the time of its receipt would be quarantined. */
const START_MS = Date.now() - 86_400_000
/** A push of an image is five events, four blobs of its own and the manifest: 8 % and 2 % of all events. */
const PULLS_PER_PUSH = 45
/** The config and nine layers. */
const REFERENCES = 10

/**
 * The events of a busy registry: 90 % pulls of manifests, 8 % pushes of blobs, 2 % pushes of manifests with ten
 * references. Projects are drawn by Zipf's law; of a project's images the latest are pulled most often. Each project
 * has `before` images already: `earlier` are the pushes of these.
 */
export function madeUpEvents({ count, shape, before }: { count: number; shape: Shape; before: number }) {
  const images = Array.from({ length: shape.projects }, (_, project) =>
    Array.from({ length: before }, (_, i) => madeUpImage(i * shape.projects + project, shape)),
  )
  const earlier = images.flat().map((image, n) => manifestEvent('push', image, n, true))
  const events: ReturnType<typeof eventWithoutTarget>[] = []
  const drawProject = zipf(shape.projects)
  for (let draw = 0; events.length < count; draw++) {
    const project = drawProject(fraction(draw))
    const ofProject = images[project] ?? []
    const n = earlier.length + events.length
    if (draw % (PULLS_PER_PUSH + 1) > 0) {
      const image = ofProject[Math.floor(ofProject.length * (1 - fraction(~draw) ** 3))]
      if (image) events.push(manifestEvent('pull', image, n, draw % 2 === 0))
      continue
    }
    const image = madeUpImage(ofProject.length * shape.projects + project, shape)
    ofProject.push(image)
    const ownBlobs = [...image.layers.filter((layer) => layer.startsWith('image/')), image.config]
    for (const [i, blob] of ownBlobs.entries()) events.push(blobEvent(image.repository, blob, n + i))
    events.push(manifestEvent('push', image, n + ownBlobs.length, true))
  }
  return { earlier, events: events.slice(0, count) }
}

/** Maps fractions to numbers below `count`: 0 comes twice as often as 1, three times as often as 2, and so on. */
function zipf(count: number): (fraction: number) => number {
  let sum = 0
  const cumulated = Array.from({ length: count }, (_, i) => {
    sum += 1 / (i + 1)
    return sum
  })
  return (fraction) => cumulated.findIndex((weight) => fraction * sum < weight)
}

/** As distribution 2.8 with `includereferences` sends it (test/captures). */
function manifestEvent(action: 'push' | 'pull', image: MadeUpImage, n: number, byTag: boolean) {
  const { repository, manifest, tag, config, layers } = image
  const digest = digestOfName(manifest)
  const references = [config, ...layers.slice(1 - REFERENCES)].map((name, i) => ({
    mediaType: i === 0 ? `${OCI}.config.v1+json` : `${OCI}.layer.v1.tar+gzip`,
    size: sizeOfName(name),
    digest: digestOfName(name),
  }))
  const target = {
    mediaType: `${OCI}.manifest.v1+json`,
    size: 2_412,
    digest,
    length: 2_412,
    repository,
    url: `https://registry.example.org/v2/${repository}/manifests/${digest}`,
    ...(byTag && { tag }),
    references,
  }
  return { ...eventWithoutTarget(action, n, action === 'push' ? 'PUT' : 'GET'), target }
}

function blobEvent(repository: string, name: string, n: number) {
  const [digest, size] = [digestOfName(name), sizeOfName(name)]
  const target = {
    mediaType: 'application/octet-stream',
    size,
    digest,
    length: size,
    repository,
    url: `https://registry.example.org/v2/${repository}/blobs/${digest}`,
  }
  return { ...eventWithoutTarget('push', n, 'PUT'), target }
}

/** An event without its target. Event `n` is a millisecond after event `n - 1`. */
function eventWithoutTarget(action: string, n: number, method: string) {
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
      id: uuid(1),
      addr: '10.0.3.17:59964',
      host: 'registry.example.org',
      method,
      useragent: 'docker/27.3.1 go/go1.22.7 git-commit/41ca978 kernel/6.1.0-26-amd64 os/linux arch/amd64',
    },
    actor: { name: `ci-${n % 40}` },
    source: { addr: 'registry-1:5000', instanceID: 'f1b4e546-c1c2-4375-99f5-68b79f68f168' },
  }
}
