import picomatch from 'picomatch'

export const GLOB_OPTIONS = { dot: true, nonegate: true }

/**
 * A glob over names with slashes: `*` within a segment, `**` over several, `{a,b}` and `[0-9]` as usual.
 * Names that begin with a dot are matched like any other.
 */
export function makeGlob(pattern: string): (name: string) => boolean {
  const matches = picomatch(pattern, GLOB_OPTIONS)
  // Its second parameter changes what it returns, and `filter` passes one.
  return (name) => matches(name)
}
