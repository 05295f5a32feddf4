import { useState } from 'preact/hooks'
import { printable } from '../../../../src/platform/printable.ts'
import { Bytes } from '../../parts/bytes.tsx'
import { Said } from '../../parts/said.tsx'
import { Time } from '../../parts/time.tsx'
import { may } from '../../session.ts'
import type { Image } from './contents.tsx'
import { ImageDetails } from './image-details.tsx'
import { namesOf, shortDigest } from './image-name.ts'
import { ageNote, pullText, whyUntagged } from './image-text.ts'
import { KeepDialog } from './keep-dialog.tsx'
import { type Keep, UnkeepDialog } from './keeps.tsx'
import { LayerStrip } from './layer-strip.tsx'
import { PromoteDialog } from './promote-dialog.tsx'

/** Tags that are shown before one asks for all. */
const SHOWN_TAGS = 6

interface Props {
  project: string
  repository: string
  image: Image
  keeps: readonly Keep[]
  areHeard: boolean
  changed: () => void
  promoted: (promotion: string) => void
}

/** An image: its tags, its layers, what it takes and frees, and what can be done with it. */
export function ImageRow({ project, repository, image, keeps, areHeard, changed, promoted }: Props) {
  const [isOpen, setOpen] = useState(false)
  const [dialog, setDialog] = useState<'keep' | 'unkeep' | 'promote'>()
  const names = namesOf(project, repository, image)
  const kept = keeps.filter((keep) => names.includes(keep.image))
  const asked = { names, close: () => setDialog(undefined) }
  const name = image.tags[0]?.name ?? shortDigest(image.digest)
  const details = `details-${image.digest}`
  return (
    <tbody>
      <tr>
        <th scope="row" class="image-name">
          <div>
            <button
              type="button"
              class="fold"
              aria-expanded={isOpen}
              aria-controls={details}
              onClick={() => setOpen(!isOpen)}
            >
              <span class="chevron" aria-hidden="true" />
              <span class="unseen">Details of {name}</span>
            </button>
            <span class="tags">
              {image.tags.slice(0, SHOWN_TAGS).map((tag) => (
                <span key={tag.name} class="tag">
                  <Said text={tag.name} />
                </span>
              ))}
              {image.tags.length > SHOWN_TAGS && (
                <span class="hint">and {image.tags.length - SHOWN_TAGS} more</span>
              )}
              {image.tags.length === 0 && <code>{shortDigest(image.digest)}</code>}
              <Notes image={image} isKept={kept.length > 0} />
            </span>
          </div>
        </th>
        <td class="number frees" data-label="Frees">
          {image.listedBy !== null ? (
            <span class="hint">with its index</span>
          ) : (
            <Some of={image.freesBytes} none="Other images hold all of it" />
          )}
        </td>
        <td class="number" data-label="Size">
          <Bytes of={image.sizeBytes} />
          {!image.isResolved && <div class="hint">at least</div>}
        </td>
        <td class="number" data-label="Shared">
          <Some of={image.sharedBytes} none="No other image of the project holds any of it" />
        </td>
        <td class="wide">
          <LayerStrip layers={image.layers} />
        </td>
        <td data-label="Pushed">
          <Time at={image.at} never="not known" />
          <div class="hint">{ageNote(image)}</div>
        </td>
        <td data-label="Last pull">
          {image.lastPullAt ? (
            <Time at={image.lastPullAt} />
          ) : (
            <span class="unknown">{pullText(image, areHeard, Date.now())}</span>
          )}
        </td>
        <td class="actions">
          {may('expire') && (
            <button type="button" onClick={() => setDialog(kept.length > 0 ? 'unkeep' : 'keep')}>
              {kept.length > 0 ? 'Unkeep…' : 'Keep…'}
              <span class="unseen"> {name}</span>
            </button>
          )}
          {may('promote') && image.tags.length > 0 && (
            <button type="button" onClick={() => setDialog('promote')}>
              Promote…<span class="unseen"> {name}</span>
            </button>
          )}
          {dialog === 'keep' && <KeepDialog {...asked} done={changed} />}
          {dialog === 'unkeep' && kept[0] && <UnkeepDialog {...asked} keep={kept[0]} done={changed} />}
          {dialog === 'promote' && <PromoteDialog {...asked} done={promoted} />}
        </td>
      </tr>
      {isOpen && (
        <tr id={details} class="details">
          <td colSpan={8}>
            <ImageDetails image={image} why={whyUntagged(image)} kept={kept} />
          </td>
        </tr>
      )}
    </tbody>
  )
}

/** Bytes, where none is an answer of its own: `none` says what it means. */
const Some = ({ of, none }: { of: number; none: string }) =>
  of === 0 ? (
    <span class="unknown" title={none}>
      nothing
    </span>
  ) : (
    <Bytes of={of} />
  )

const Notes = ({ image, isKept }: { image: Image; isKept: boolean }) => (
  <span class="notes">
    {image.partCount > 0 && <span class="badge">{image.partCount} parts</span>}
    {image.referrerCount > 0 && (
      <span class="badge">
        {image.referrerCount} {image.referrerCount === 1 ? 'referrer' : 'referrers'}
      </span>
    )}
    {isKept ? (
      <span class="badge badge-ok">kept</span>
    ) : (
      image.protectedBy && (
        <span class="badge badge-ok" title={printable(image.protectedBy)}>
          protected
        </span>
      )
    )}
    {image.kind && !['image', 'index'].includes(image.kind) && <span class="badge">{image.kind}</span>}
    {image.tags.length === 0 && <span class="hint why-untagged">{whyUntagged(image)}</span>}
  </span>
)
