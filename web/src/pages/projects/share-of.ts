interface Limited {
  limitBytes: number | null
  limitMeasure: string | null
  uniqueBytes: number
  exclusiveBytes: number
  referencedBytes: number
}

/** How much of its limit a project uses; undefined if it has none, or if the list does not tell what the limit is about. */
export function shareOf(project: Limited): number | undefined {
  const { limitBytes, limitMeasure, uniqueBytes, exclusiveBytes, referencedBytes } = project
  const measures = { unique: uniqueBytes, exclusive: exclusiveBytes, referenced: referencedBytes }
  const used = new Map<string | null, number>(Object.entries(measures)).get(limitMeasure)
  if (limitBytes === null || used === undefined) return undefined
  return limitBytes === 0 ? 1 : used / limitBytes
}
