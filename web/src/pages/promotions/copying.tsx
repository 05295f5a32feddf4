import { Bytes } from '../../parts/bytes.tsx'
import { type Promotion, percentOf } from './promotion-text.ts'

/** How much of an image is at the target. */
export function Copying({ promotion }: { promotion: Promotion }) {
  const percent = percentOf(promotion)
  const { bytes, totalBytes } = promotion.progress ?? {}
  return (
    <p class="copying">
      <progress
        max={100}
        {...(percent !== undefined && { value: percent })}
        aria-label="Progress of the copy"
      />
      <span>
        {percent === undefined ? (
          'It looks at both registries.'
        ) : (
          <>
            <Bytes of={bytes} /> of <Bytes of={totalBytes} />
          </>
        )}
      </span>
    </p>
  )
}
