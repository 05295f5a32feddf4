import picomatch from 'picomatch'

/**
 * A glob over names with slashes: `*` within a segment, `**` over several, `{a,b}` and `[0-9]` as usual.
 * Names that begin with a dot are matched like any other.
 */
export function makeGlob(pattern: string): (name: string) => boolean {
  return picomatch(pattern, { dot: true, nonegate: true })
}
