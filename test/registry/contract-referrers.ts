import { describe, expect, it } from 'vitest'
import { type LabImage, makeImage, makeReferrer, makeReferrerList, referrersTag } from '../../lab/image.ts'
import { pushImage } from '../../lab/push-image.ts'
import type { Peer, PeerTraits } from './contract-peers.ts'

let count = 0

/** An image, pushed, and what is about it. */
async function imageIn(peer: Peer) {
  const image = makeImage({ layers: [{ seed: `subject ${count++}`, bytes: 100 }] })
  await pushImage(peer.client, 'with/referrers', `v${count}`, image)
  const about = ['a', 'b', 'c'].map((seed) => makeReferrer(image.root, seed))
  const subject = image.root.digest
  return { subject, tag: referrersTag(subject), about: about as [LabImage, LabImage, LabImage] }
}

/** Pushes what is about an image, by digest. */
async function push(peer: Peer, ...images: LabImage[]): Promise<void> {
  for (const image of images) await pushImage(peer.client, 'with/referrers', image.root.digest, image)
}

const digestsOf = (list: { digest: string }[]) => list.map(({ digest }) => digest).sort()
const roots = (...images: LabImage[]) => images.map(({ root }) => root)

export function describeReferrers(getPeer: () => Peer, { referrersApi }: PeerTraits): void {
  describe('referrers', () => {
    it('finds them, and none where there are none', async () => {
      const peer = getPeer()
      const { subject, tag, about } = await imageIn(peer)
      expect(await peer.client.referrers('with/referrers', subject)).toEqual([])
      await push(peer, ...about)
      if (!referrersApi) await pushImage(peer.client, 'with/referrers', tag, makeReferrerList(about))
      const found = await peer.client.referrers('with/referrers', subject)
      expect(digestsOf(found)).toEqual(digestsOf(roots(...about)))
    })

    it('asks a registry that lacks the API for it once', async () => {
      const peer = getPeer()
      const { subject, about } = await imageIn(peer)
      const client = peer.anotherClient()
      await client.ping()
      peer.reset()
      await client.referrers('with/referrers', subject)
      await client.addReferrers('with/referrers', subject, [])
      await client.referrers('with/referrers', about[0].root.digest)
      const asked = peer.requests.filter((request) => request.includes('/referrers/sha256:'))
      // The fake and the real registry count a request that is answered 401, too.
      expect(new Set(asked).size).toBe(referrersApi ? 2 : 1)
    })

    it('adds to the list under the fallback tag, and keeps what is there', async ({ skip }) => {
      if (referrersApi) return skip()
      const peer = getPeer()
      const { client } = peer
      const { subject, tag, about } = await imageIn(peer)
      const [a, b, c] = about
      await push(peer, ...about)
      await client.addReferrers('with/referrers', subject, [{ ...a.root, annotations: { by: 'us' } }])
      await client.addReferrers('with/referrers', subject, roots(a, b, c))
      const list = await client.getManifest('with/referrers', tag)
      expect(JSON.parse(String(list?.bytes))).toEqual({
        schemaVersion: 2,
        mediaType: 'application/vnd.oci.image.index.v1+json',
        manifests: [{ ...a.root, annotations: { by: 'us' } }, b.root, c.root],
      })
      peer.reset()
      await client.addReferrers('with/referrers', subject, roots(c))
      expect(peer.requests.filter((request) => request.startsWith('PUT'))).toEqual([])
    })

    it('loses none that are added at the same time', async ({ skip }) => {
      if (referrersApi) return skip()
      const peer = getPeer()
      const { subject, about } = await imageIn(peer)
      await push(peer, ...about)
      const add = (image: LabImage) => peer.client.addReferrers('with/referrers', subject, [image.root])
      await Promise.all(about.map(add))
      const found = await peer.client.referrers('with/referrers', subject)
      expect(digestsOf(found)).toEqual(digestsOf(roots(...about)))
    })

    it('writes the list again if another writer replaced it', async ({ skip }) => {
      const peer = getPeer()
      const { fake } = peer
      if (referrersApi || fake === undefined) return skip()
      const { subject, tag, about } = await imageIn(peer)
      const [ours, theirs] = about
      await push(peer, ours, theirs)
      await pushImage(peer.client, 'with/referrers', 'theirs', makeReferrerList([theirs]))
      const tags = fake.repositories.get('with/referrers')?.tags
      const digest = tags?.get('theirs') ?? ''
      const paths: string[] = []
      peer.onRequest(({ method, path }) => {
        if (path.endsWith(`/manifests/${tag}`)) paths.push(method)
        if (paths.join() === 'GET,PUT,GET') tags?.set(tag, digest)
        return undefined
      })
      await peer.client.addReferrers('with/referrers', subject, [ours.root])
      const found = await peer.client.referrers('with/referrers', subject)
      expect(digestsOf(found)).toEqual(digestsOf(roots(ours, theirs)))
    })

    it('does not replace what is no list', async ({ skip }) => {
      if (referrersApi) return skip()
      const peer = getPeer()
      const { subject, tag, about } = await imageIn(peer)
      await pushImage(peer.client, 'with/referrers', tag, about[0])
      const adding = peer.client.addReferrers('with/referrers', subject, roots(about[1]))
      await expect(adding).rejects.toThrow(/names something that is no index/)
    })

    it('adds nothing where the registry lists by itself', async ({ skip }) => {
      if (!referrersApi) return skip()
      const peer = getPeer()
      const { subject, tag, about } = await imageIn(peer)
      await peer.client.addReferrers('with/referrers', subject, roots(about[0]))
      expect(await peer.client.headManifest('with/referrers', tag)).toBeUndefined()
    })
  })
}
