import { useRef, useState } from 'preact/hooks'
import { post } from '../../api/request.ts'
import { Confirm } from '../../parts/confirm.tsx'
import { Said } from '../../parts/said.tsx'
import { say } from '../../parts/toast.tsx'
import { type Trashed, trashedName } from './trash-text.ts'

/** Names that are listed before the others are only counted. */
const MOST_NAMES = 8

/** Puts images back, one after the other. What fails is told; the others come back all the same. */
export function Restore({
  images,
  done,
  close,
}: {
  images: readonly Trashed[]
  done: () => void
  close: () => void
}) {
  const [count, setCount] = useState(0)
  const [isRunning, setRunning] = useState(false)
  /** Those that are not back: after a failure only these are tried again. */
  const left = useRef(images)
  async function restore(): Promise<void> {
    setRunning(true)
    const failures: string[] = []
    const failed: Trashed[] = []
    for (const [n, image] of left.current.entries()) {
      setCount(n)
      await post('/v1/trash/{id}/restore', { path: { id: image.id } }).catch((error: Error) => {
        failures.push(`${trashedName(image)}: ${error.message}`)
        failed.push(image)
      })
    }
    setRunning(false)
    done()
    const back = left.current.length - failed.length
    left.current = failed
    if (back > 0) say(back === 1 ? 'The image is back.' : `${back} images are back.`)
    if (failures.length > 0) throw new Error(failures.join('; '))
  }
  return (
    <Confirm
      title={images.length === 1 ? 'Restore this image?' : `Restore ${images.length} images?`}
      action="Restore"
      run={restore}
      close={close}
    >
      <ul class="trash-names">
        {images.slice(0, MOST_NAMES).map((image) => (
          <li key={image.id}>
            <Said text={`${image.registry}/${trashedName(image)}`} />
          </li>
        ))}
        {images.length > MOST_NAMES && <li>and {images.length - MOST_NAMES} more</li>}
      </ul>
      <p class="hint">
        Each gets its tags and signatures back. Its policy may expire it again: pull it, tag it otherwise, or
        keep it.
      </p>
      {isRunning && images.length > 1 && (
        <progress max={images.length} value={count} aria-label="Images that are back" />
      )}
    </Confirm>
  )
}
