import { useEffect, useRef } from 'preact/hooks'
import { Bytes } from '../../parts/bytes.tsx'
import { Said } from '../../parts/said.tsx'
import { Time } from '../../parts/time.tsx'
import { nameOf, type PlanRow } from './plan-reading.ts'

const SOURCES: Record<PlanRow['ageSource'], string> = {
  event: 'its push was heard',
  registry: 'the registry says so',
  storage: 'the storage says so',
  image: 'the image says so',
  seen: 'first seen then; it may be older',
}

/** All that the plan knows of an image. */
export function ImageDetails({ row, close }: { row: PlanRow; close: () => void }) {
  const dialog = useRef<HTMLDialogElement>(null)
  useEffect(() => dialog.current?.showModal(), [])
  const { project, repository, digest, tags, untag, rule, reason, nearMisses = [] } = row
  return (
    <dialog ref={dialog} onClose={close} aria-labelledby="image-title">
      <h2 id="image-title">
        <Said text={nameOf(row)} />
      </h2>
      <p>
        <span class={`badge ${row.verdict === 'keep' ? 'badge-ok' : 'badge-warning'}`}>
          {row.verdict === 'keep' ? 'stays' : row.verdict === 'untag' ? 'loses a tag' : 'goes'}
        </span>{' '}
        <Said text={reason} />
      </p>
      <dl class="facts">
        <dt>Rule</dt>
        <dd>{rule === null ? 'none' : <Said text={rule} />}</dd>
        {nearMisses.length > 0 && (
          <>
            <dt>Near misses</dt>
            <dd>
              {nearMisses.map((miss) => (
                <p key={miss}>
                  <Said text={miss} />
                </p>
              ))}
            </dd>
          </>
        )}
        <dt>Project</dt>
        <dd>
          <a href={`/projects/${project}`}>
            <Said text={project} />
          </a>
        </dd>
        <dt>Repository</dt>
        <dd>
          <Said text={repository} />
        </dd>
        <dt>Digest</dt>
        <dd class="mono">{digest}</dd>
        <dt>Tags</dt>
        <dd>{tags.length > 0 ? <Said text={tags.join(', ')} /> : 'none'}</dd>
        {untag && (
          <>
            <dt>Tags that go</dt>
            <dd>
              <Said text={untag.join(', ')} />
            </dd>
          </>
        )}
        <dt>Size</dt>
        <dd>
          <Bytes of={row.sizeBytes} />
        </dd>
        {row.verdict !== 'keep' && (
          <>
            <dt>Frees</dt>
            <dd>
              <Bytes of={row.reclaimableBytes} />
            </dd>
          </>
        )}
        <dt>There since</dt>
        <dd>
          <Time at={row.age} never="not known" /> <span class="hint">({SOURCES[row.ageSource]})</span>
        </dd>
        <dt>Last use</dt>
        <dd>
          <Time at={row.lastUse} never={row.isUseKnown ? 'never' : 'not known'} />
          {!row.isUseKnown && <span class="hint"> (later uses may not have been heard)</span>}
        </dd>
        {row.announcedAt !== undefined && (
          <>
            <dt>Notice</dt>
            <dd>
              {row.announcedAt === null ? (
                'the next run announces it'
              ) : (
                <>
                  announced <Time at={row.announcedAt} />, goes from <Time at={row.goesFrom} />
                </>
              )}
            </dd>
          </>
        )}
      </dl>
      <div class="buttons">
        <button type="button" onClick={() => dialog.current?.close()}>
          Close
        </button>
      </div>
    </dialog>
  )
}
