import { printable } from '../../../../src/platform/printable.ts'
import { Said } from '../../parts/said.tsx'
import { TableBox } from '../../parts/table-box.tsx'
import { Time } from '../../parts/time.tsx'
import { may } from '../../session.ts'
import { chanceOf, type Trashed, trashedName } from './trash-text.ts'

/** The images in the trash, some of them chosen. */
export function TrashTable({
  images,
  chosen,
  choose,
  restore,
}: {
  images: readonly Trashed[]
  /** Their ids. */
  chosen: ReadonlySet<string>
  choose: (ids: ReadonlySet<string>) => void
  restore: (image: Trashed) => void
}) {
  const mayRestore = may('expire')
  const restorable = images.filter(({ restoredAt }) => restoredAt === undefined)
  const isAll = restorable.length > 0 && restorable.every(({ id }) => chosen.has(id))
  const toggle = (id: string) => {
    const next = new Set(chosen)
    if (!next.delete(id)) next.add(id)
    choose(next)
  }
  return (
    <TableBox label="The trash">
      <table>
        <thead>
          <tr>
            {mayRestore && (
              <th>
                <input
                  type="checkbox"
                  aria-label="Choose all that are shown"
                  checked={isAll}
                  onChange={() => choose(isAll ? new Set() : new Set(restorable.map(({ id }) => id)))}
                />
              </th>
            )}
            <th>Image</th>
            <th>Deleted</th>
            <th>Why</th>
            <th>Can be restored</th>
            {mayRestore && (
              <th>
                <span class="unseen">Actions</span>
              </th>
            )}
          </tr>
        </thead>
        <tbody>
          {images.map((image) => (
            <tr key={image.id}>
              {mayRestore && (
                <td>
                  {image.restoredAt === undefined && (
                    <input
                      type="checkbox"
                      aria-label={`Choose ${printable(trashedName(image))}`}
                      checked={chosen.has(image.id)}
                      onChange={() => toggle(image.id)}
                    />
                  )}
                </td>
              )}
              <th scope="row" class="trash-image">
                <Said text={`${image.registry}/${trashedName(image)}`} />
                {image.tag !== undefined && <div class="hint">only the tag was deleted</div>}
                <div class="hint mono">{image.digest.slice(0, 19)}…</div>
              </th>
              <td class="trash-chance">
                <a href={`/runs/${image.run}`}>
                  <Time at={image.at} />
                </a>
                <div class="hint">
                  <Said text={image.policy} />
                </div>
              </td>
              <td class="text">
                <Said text={image.reason} />
              </td>
              <td class="trash-chance">
                <Chance image={image} />
              </td>
              {mayRestore && (
                <td class="actions">
                  <button type="button" onClick={() => restore(image)}>
                    {image.restoredAt === undefined ? 'Restore…' : 'Again…'}
                    <span class="unseen"> {printable(trashedName(image))}</span>
                  </button>
                </td>
              )}
            </tr>
          ))}
        </tbody>
      </table>
    </TableBox>
  )
}

function Chance({ image }: { image: Trashed }) {
  const chance = chanceOf(image, Date.now())
  if (chance === 'restored')
    return (
      <>
        <span class="badge badge-ok">restored</span>
        <div class="hint">
          <Time at={image.restoredAt} />
        </div>
      </>
    )
  if (chance === 'safe')
    return (
      <>
        until <Time at={image.undoUntil} />
      </>
    )
  return (
    <>
      {chance === 'doubtful' ? (
        <>
          <span class="badge badge-warning">perhaps</span>
          <div class="hint">
            the registry may have collected its garbage <Time at={image.undoUntil} />
          </div>
        </>
      ) : (
        'until the registry collects its garbage'
      )}
      <div class="hint">
        forgotten <Time at={image.forgottenAt} />
      </div>
    </>
  )
}
