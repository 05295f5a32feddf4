import { Type } from 'typebox'
import { Tags } from './expiry-rule.ts'
import { Choice, Flag, Glob, Name, Pattern, Pem, RegistryName, string } from './fields.ts'
import { Template } from './pattern-fields.ts'
import { isEd25519Key } from './pem.ts'
import { promotionGates } from './promotion-gates.ts'
import { Duration, Integer, Interval, Size } from './quantity-fields.ts'
import { section } from './sections.ts'

const PLATFORM = /^[a-z0-9]+\/[a-z0-9_]+(\/[a-z0-9]+)?$/

export const promotionRule = section('A rule: every image that matches `from` is copied to `to`.', {
  name: Name('The name in receipts.'),
  when: Choice('Whether it copies what is pushed, or only what somebody asks for.', ['push', 'request'], {
    default: 'push',
  }),
  from: section('Which images are copied.', {
    registry: RegistryName('The source registry.'),
    repository: Glob('A glob for the repository.', 'repository'),
    tag: Tags('Which tags: a glob, or { pattern: … }, an RE2 pattern that the whole tag must match.'),
  }),
  to: section('The copy.', {
    registry: RegistryName('The target registry.'),
    repository: Template('The repository at the target.', 'repository', { default: '{repository}' }),
    tag: Template('The tag at the target.', 'tag', { default: '{tag}' }),
  }),
  overwrite: Choice(
    'Whether a tag of the target that names another image may be moved: never, always, or to what was pushed later.',
    ['never', 'always', 'newer'],
    { default: 'never' },
  ),
  settle: Duration('How long the tag must have named the image at the source before it is copied.', {
    default: '3s',
  }),
  gates: promotionGates,
  waitFor: Duration('How long an image waits at the gates.', { default: '7d' }),
  platforms: Type.Optional(
    Type.Array(Pattern('A platform.', 'a platform such as linux/amd64 or linux/arm/v7', PLATFORM), {
      description: 'Of an index, copy the images for these platforms only. Default: all.',
      minItems: 1,
    }),
  ),
  sparse: Choice('What to do with an index if the source lacks an image in it.', ['refuse', 'allow'], {
    default: 'refuse',
  }),
  verify: Choice('How much of what the target says to have is read back.', ['sample', 'full'], {
    default: 'sample',
  }),
  maxReferrers: Integer(
    'How many signatures and other referrers may belong to an image. An image with more is refused.',
    1,
    4_000,
    { default: 1_000 },
  ),
  maxReferrersSize: Size('How many bytes these may have.', { default: '10GiB' }),
  follow: Interval('How long signatures and other referrers that are pushed later are copied as well.', {
    default: '30d',
  }),
  attachReceipt: Flag('Whether the receipt is attached to the copy as a referrer.', { default: false }),
})

export const receiptKey = Type.Optional(
  Pem(
    'The key with which receipts are signed. Default: they are not signed.',
    string('a private key of ed25519 in PEM without a password', isEd25519Key),
  ),
)
