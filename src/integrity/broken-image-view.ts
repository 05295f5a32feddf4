import { type Static, Type } from 'typebox'

const instant = (description: string) => Type.String({ format: 'date-time', description })

const Damage = Type.Object({
  digest: Type.String({ description: 'The content.' }),
  part: Type.Enum(['manifest', 'child', 'config', 'layer'], {
    description: 'What it is to the image. `child`: a manifest that an index lists.',
  }),
  fault: Type.Enum(['missing', 'size', 'corrupt'], {
    description:
      '`missing`: the registry does not give it. `size`: it has another size than its manifest states. `corrupt`: its bytes do not hash to its digest.',
  }),
  size: Type.Integer({ description: 'Its size in bytes, as a manifest states it; 0 if none does.' }),
  found: Type.Union([Type.Integer(), Type.Null()], {
    description: 'The size that was found, in bytes. Null if that is not known.',
  }),
  at: Type.Union([Type.String(), Type.Null()], {
    description: 'What a scrub says of who serves it so. Null if no scrub has found it.',
  }),
  copies: Type.Union([Type.Array(Type.String()), Type.Null()], {
    description:
      'Where it was whole when it was noticed, as `registry/repository`: of projects that the token sees. Null if that was not looked for.',
  }),
  text: Type.String({ description: 'All of it in words.' }),
})

/** An image that is not whole, as the API shows it. */
export const BrokenImage = Type.Object({
  registry: Type.String({ description: 'The registry.' }),
  project: Type.String({ description: 'The project, `registry/path`.' }),
  repository: Type.String({ description: 'The repository.' }),
  digest: Type.String({ description: 'The digest of the image.' }),
  tags: Type.Array(Type.String(), { description: 'The first 20 of its tags.' }),
  tagCount: Type.Integer({ description: 'How many tags it has.' }),
  since: instant('Since when it is known.'),
  seenAt: instant('When that was seen last.'),
  damages: Type.Array(Damage, { description: 'The first 20 contents that are not as they should be.' }),
  damageCount: Type.Integer({ description: 'How many there are.' }),
})
export type BrokenImage = Static<typeof BrokenImage>
