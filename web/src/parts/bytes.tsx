import { formatSize } from '../../../src/platform/units.ts'

/** Bytes for people; the exact number when it is pointed at. `null` is a number that is not known. */
export function Bytes({ of, signed = false }: { of: number | null | undefined; signed?: boolean }) {
  if (of === null || of === undefined) return <span class="unknown">not known</span>
  const exact = `${of.toLocaleString('en')} bytes`
  return (
    <span class="bytes" title={exact}>
      {signed && of > 0 ? '+' : ''}
      {of < 0 ? '−' : ''}
      {formatSize(Math.abs(of))}
    </span>
  )
}
