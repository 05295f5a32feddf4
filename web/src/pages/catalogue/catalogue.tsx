import { useLocation } from 'preact-iso'
import { useGet } from '../../api/use-get.ts'
import { Empty } from '../../parts/empty.tsx'
import { Failure } from '../../parts/failure.tsx'
import { Page } from '../../parts/page.tsx'
import { ProjectImages } from './project-images.tsx'
import { CatalogueProjects } from './projects.tsx'

/** Which images there are, for everybody, if the configuration makes that public. `?project=` and `?repository=` say what is shown. */
export default function Catalogue() {
  const { query } = useLocation()
  const registries = useGet('/v1/catalogue')
  return (
    <>
      <header class="bar">
        <a class="brand" href="/catalogue">
          <img src="/tallyman.svg" alt="" width="24" height="24" />
          Images
        </a>
        <a class="log-in" href="/">
          Log in
        </a>
      </header>
      <main class="content">
        {registries.error?.status === 404 ? (
          <Page title="No catalogue">
            <Empty title="The catalogue is not public here">
              <a href="/">Log in</a> to look at the projects that you may see.
            </Empty>
          </Page>
        ) : (
          <Page
            title={query.project || 'Images'}
            lead={query.project ? '' : 'All projects, and the images in them.'}
          >
            {registries.error && <Failure error={registries.error} retry={registries.reload} />}
            {query.project ? (
              <ProjectImages project={query.project} />
            ) : (
              <CatalogueProjects registries={(registries.data?.registries ?? []).map(({ name }) => name)} />
            )}
          </Page>
        )}
      </main>
    </>
  )
}
