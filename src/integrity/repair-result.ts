import { type Static, Type } from 'typebox'

export const Repaired = Type.Object({
  digest: Type.String({ description: 'The content.' }),
  part: Type.Enum(['manifest', 'child', 'config', 'layer'], { description: 'What it is to the image.' }),
  fault: Type.Enum(['missing', 'size', 'corrupt'], { description: 'What was wrong with it.' }),
  size: Type.Integer({ description: 'Its size in bytes, as a manifest states it; 0 if none does.' }),
  from: Type.Union([Type.String(), Type.Null()], {
    description: 'Where a whole copy is: `registry/repository`, or `trash`. Null: nowhere that was asked.',
  }),
  outcome: Type.Enum(['repaired', 'planned', 'failed'], {
    description: '`planned`: a dry run. `repaired`: it was put back, and read back byte for byte.',
  }),
  reason: Type.Union([Type.String(), Type.Null()], { description: 'Why it failed.' }),
})
export type Repaired = Static<typeof Repaired>

/** What a repair of an image found and did. */
export const RepairResult = Type.Object({
  image: Type.String({ description: 'The image, `registry/repository@digest`.' }),
  dryRun: Type.Boolean({ description: 'Whether nothing was written.' }),
  isWhole: Type.Boolean({ description: 'Whether the image can be pulled now.' }),
  contents: Type.Array(Repaired, { description: 'What was not as it should be.' }),
})
export type RepairResult = Static<typeof RepairResult>
