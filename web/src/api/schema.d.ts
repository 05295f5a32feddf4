// Made from the OpenAPI document by `npm run web:types`. A test keeps it true.
export interface paths {
    "/v1/events": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Take a registry notification
         * @description The webhook token of the configuration says which registry it is. Media types: application/vnd.docker.distribution.events.v1+json, application/vnd.docker.distribution.events.v2+json, application/json.
         */
        post: {
            parameters: {
                query?: never;
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                /** @description Redis has the events. */
                202: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content?: never;
                };
            };
        };
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/admission": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Whether a request may go on to its registry
         * @description For a proxy in front of a registry. The token is that of the notifications of the registry. Answered from memory, but for a registry that is collected behind the proxy: then the answer waits while a collection takes blobs away, some seconds at most.
         */
        get: {
            parameters: {
                query?: never;
                header: {
                    /** @description The method of the request that the proxy received. */
                    "x-original-method": string;
                    /** @description Its target, as the client sent it. */
                    "x-original-uri": string;
                };
                path?: never;
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                /** @description It may go on. */
                204: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content?: never;
                };
                /** @description Default Response */
                403: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": {
                            /** @description One error. */
                            errors: {
                                /** @description `DENIED`. */
                                code: string;
                                /** @description Why, for people. */
                                message: string;
                            }[];
                        };
                    };
                };
            };
        };
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/uses": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Report that images are used
         * @description Renews the time of the last use of images that the index has. It never brings an image into the index. Needs `server.usesToken` or the admin token.
         */
        post: {
            parameters: {
                query?: never;
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody: {
                content: {
                    "application/json": {
                        /** @description Who reports, such as `kubelet-node-7`. It is logged. */
                        source: string;
                        /** @description The uses, 1000 at most. */
                        uses: {
                            /** @description The name of the image as clients write it: `host/repository:tag` or `host/repository@digest`. The name of a registry in the configuration may stand for the host. A tag means the image that it names now. */
                            reference: string;
                            /** @description When it was used, RFC 3339, at most 30 days ago. Default: now. */
                            at?: string;
                        }[];
                    };
                };
            };
            responses: {
                /** @description Default Response */
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": {
                            /** @description How many of the uses count. */
                            accepted: number;
                            /** @description Uses of images that the index does not have, and of other registries. */
                            unknown: {
                                /** @description The name of the image, as it was sent. */
                                reference: string;
                                /** @description Why the use does not count. */
                                reason: string;
                            }[];
                            /** @description Uses that cannot be read or believed. */
                            refused: {
                                /** @description The name of the image, as it was sent. */
                                reference: string;
                                /** @description Why the use does not count. */
                                reason: string;
                            }[];
                        };
                    };
                };
            };
        };
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/registries": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** All registries, and how far their numbers can be trusted */
        get: {
            parameters: {
                query?: never;
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                /** @description Default Response */
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": {
                            /** @description All registries of the configuration. */
                            registries: {
                                /** @description Its name in the configuration. */
                                name: string;
                                /** @description The URL of its API. */
                                url: string;
                                /** @description `read`; `reading, 120 of 3400 repositories` while it is read for the first time, and its numbers are too small; `not read yet`; `target only`: it sends no events. */
                                state: string;
                                /** @description How many projects it has. */
                                projects: number;
                                /** @description The bytes that its projects hold, each content counted once. */
                                uniqueBytes: number;
                                /** @description GitLab's own number as of the last reconcile, and `why` it differs from ours. Null if the registry is not GitLab's with a metadata database, or was read from its storage. */
                                gitlab: {
                                    /** @description The sum over the root namespaces that answered: in each, every layer that a tagged manifest references, once. */
                                    bytes: number;
                                    /** @description How many root namespaces answered. */
                                    namespaces: number;
                                    /** @description Whether layers of untagged manifests are counted in some of them, since the exact sum took GitLab too long. */
                                    withUntagged: boolean;
                                    /** @description Why others are not in the sum: the first 5 reasons. */
                                    failures: string[];
                                    /** @description Why it differs from ours. */
                                    why: string;
                                } | null;
                                /** @description The time of the newest event. Null if there was none. */
                                lastEventAt: string | null;
                                /** @description `exact since …`; or since when events may be missing, and why. */
                                confidence: string;
                                /** @description `pulls are heard since …`; or that the registry does not send its pulls, or may not, and what shows it. Time since last use means nothing then, and no rule about use applies (docs/usage.md, Pulls). */
                                pulls: string;
                                /** @description How many of its events wait and were lost, by its own metrics (`GET /v1/registries/{name}/delivery-audit`); or that nobody asks them. */
                                deliveries: string;
                                /** @description Times from which events may be missing, with reasons. A reconcile that begins later closes a gap. */
                                gaps: {
                                    /** @description From when events may be missing. */
                                    since: string | null;
                                    /** @description Why. */
                                    reason: string;
                                    /** @description How many events were lost. Null if that is not known. */
                                    lost: number | null;
                                }[];
                                /** @description Its deliveries that were refused. The newest first, up to five senders for each reason; as this process has seen it since its start. A registry sends nothing else before what was refused. */
                                refused: {
                                    /** @description `tls`, `path`, `token`, `content-type`, `body`, `too-large`: stays until it is mended. `backlog`, `memory`, `unavailable`: passes. */
                                    reason: string;
                                    /** @description The IP address of the sender, or of the proxy before this service. */
                                    from: string;
                                    /** @description What was wrong and what is expected. */
                                    detail: string;
                                    /** @description How many deliveries of this sender were refused for this reason. */
                                    count: number;
                                    /**
                                     * Format: date-time
                                     * @description When the last one was refused.
                                     */
                                    lastAt: string;
                                }[];
                                /** @description When the last reconcile ended. Null if there was none. */
                                lastReconcileAt: string | null;
                                /** @description What it found and did. Null if there was none. */
                                lastReconcile: {
                                    /** @description The registry, by its name in the configuration. */
                                    registry: string;
                                    /** @description How the registry was read. The API shows neither unreferenced blobs nor untagged manifests that the index does not have. `events`: it is a pull-through cache and was not read, since its API answers for its upstream. */
                                    method: "api" | "storage" | "events";
                                    /** @description Why it ran. */
                                    reason: string;
                                    /** @description Whether it only compared. */
                                    dryRun: boolean;
                                    /**
                                     * Format: date-time
                                     * @description The time as of which the index was made exact.
                                     */
                                    readAt: string;
                                    /**
                                     * Format: date-time
                                     * @description When it ended.
                                     */
                                    finishedAt: string;
                                    /** @description Repositories that were compared. */
                                    repositories: number;
                                    /** @description How the index and the registry differed. */
                                    drift: {
                                        /** @description Repositories with images of which the index had none. */
                                        repositoriesMissed: number;
                                        /** @description Repositories that the index had and that are empty now. */
                                        repositoriesLost: number;
                                        /** @description Manifests whose push was missed. */
                                        manifestsMissed: number;
                                        /** @description Manifests whose deletion was missed. */
                                        manifestsGone: number;
                                        /** @description Tags that the index did not have. */
                                        tagsMissed: number;
                                        /** @description Tags that the index had on another digest. */
                                        tagsMoved: number;
                                        /** @description Tags whose deletion was missed. */
                                        tagsGone: number;
                                        /** @description Blobs that are linked in a repository, which the index did not have there. */
                                        linksMissed: number;
                                        /** @description Blobs that are no longer in their repository, for example after a garbage collection. */
                                        linksGone: number;
                                        /** @description Manifests whose references the index did not have. */
                                        referencesMissed: number;
                                    };
                                    /** @description If more than half of what was read is missing, nothing is removed from the index. Null otherwise. */
                                    hold: {
                                        /** @description `tags`: the manifests exist, but the registry has no tag on them any more. */
                                        what: "manifests" | "tags";
                                        /** @description Manifests that are missing, or have lost all their tags. */
                                        missing: number;
                                        /** @description Manifests of the index that were looked for; for `tags`, on a tag. */
                                        manifests: number;
                                    } | null;
                                    /** @description Repositories and listings that could not be read. */
                                    failed: number;
                                    /** @description The first 20 of them, with reasons. */
                                    failures: string[];
                                    /** @description Manifests and tags that could not be read and were left as they were. */
                                    unreadable: number;
                                    /** @description The number of repositories that they are in. */
                                    unreadableRepositories: number;
                                    /** @description The first 50 of them. */
                                    unreadableImages: {
                                        /** @description Where it is. */
                                        repository: string;
                                        /** @description A tag or a digest. */
                                        image: string;
                                        /** @description Why it could not be read. */
                                        reason: string;
                                    }[];
                                    /** @description All blobs in the storage, referenced or not. Null if the registry was read over the API. */
                                    stored: {
                                        /** @description How many there are. */
                                        blobs: number;
                                        /** @description Their size. */
                                        bytes: number;
                                    } | null;
                                    /** @description What GitLab's registry says of its size. */
                                    gitlab?: {
                                        /** @description The sum over the root namespaces that answered: in each, every layer that a tagged manifest references, once. */
                                        bytes: number;
                                        /** @description How many root namespaces answered. */
                                        namespaces: number;
                                        /** @description Whether layers of untagged manifests are counted in some of them, since the exact sum took GitLab too long. */
                                        withUntagged: boolean;
                                        /** @description Why others are not in the sum: the first 5 reasons. */
                                        failures: string[];
                                    };
                                } | null;
                                /** @description The progress of an unfinished reconcile; null if there is none. */
                                reconciling: {
                                    /** @description The time as of which the index is made exact. */
                                    readAt: string | null;
                                    /** @description How many repositories were read. */
                                    repositories: number;
                                    /** @description How many there are. Null if that is not known before they are read. */
                                    of: number | null;
                                    /** @description The last repository that was read. Null before the first. */
                                    after: string | null;
                                } | null;
                            }[];
                            /** @description Refused deliveries whose token is no registry’s. The newest first, up to five senders for each reason; as this process has seen it since its start. A registry sends nothing else before what was refused. */
                            refused: {
                                /** @description `tls`, `path`, `token`, `content-type`, `body`, `too-large`: stays until it is mended. `backlog`, `memory`, `unavailable`: passes. */
                                reason: string;
                                /** @description The IP address of the sender, or of the proxy before this service. */
                                from: string;
                                /** @description What was wrong and what is expected. */
                                detail: string;
                                /** @description How many deliveries of this sender were refused for this reason. */
                                count: number;
                                /**
                                 * Format: date-time
                                 * @description When the last one was refused.
                                 */
                                lastAt: string;
                            }[];
                        };
                    };
                };
            };
        };
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/registries/{name}/reconcile": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Compare the index with a registry and mend the index
         * @description Nothing in the registry changes. If more than half of what is read is missing, nothing is removed from the index, unless `acceptLoss` is true. `GET /v1/jobs/reconcile/:id` tells the progress and, at the end, the drift.
         */
        post: {
            parameters: {
                query?: never;
                header?: never;
                path: {
                    /** @description Its name in the configuration. */
                    name: string;
                };
                cookie?: never;
            };
            requestBody: {
                content: {
                    "application/json": {
                        /**
                         * @description Compare only; change nothing.
                         * @default false
                         */
                        dryRun: boolean;
                        /**
                         * @description Remove what is missing, even if a run holds it back.
                         * @default false
                         */
                        acceptLoss: boolean;
                    };
                };
            };
            responses: {
                /** @description Default Response */
                202: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": {
                            /** @description The job. `GET /v1/jobs/:queue/:id` tells its progress. */
                            job: {
                                /** @description The queue that it is in. */
                                queue: string;
                                /** @description The id of the job in its queue. */
                                id: string;
                            };
                        };
                    };
                };
            };
        };
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/registries/{name}/delivery-audit": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * What the processes of a registry counted of their deliveries, against what was taken
         * @description Each minute the metrics of its processes are read (registries.NAME.metrics). What left their queues and did not arrive is lost: a gap, an alert and a reconcile follow.
         */
        get: {
            parameters: {
                query?: never;
                header?: never;
                path: {
                    /** @description The name of the registry. */
                    name: string;
                };
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                /** @description Default Response */
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": {
                            /** @description How deliveries are, in words. */
                            summary: string;
                            /** @description Since when it is audited. */
                            since: string | null;
                            /** @description When all of its processes answered last. Null if they never did. */
                            readAt: string | null;
                            /** @description Events of it that Tallyman has taken so far, also before the audit began. */
                            taken: number;
                            /** @description Events in its queues. */
                            pending: number;
                            /** @description Whether an alert said that they do not get less. */
                            isGrowing: boolean;
                            /** @description Events that did not arrive. */
                            lost: number;
                            /** @description The last loss. Null if there was none. */
                            lastLoss: {
                                /** @description When it was noticed. */
                                at: string | null;
                                /** @description How many events. At least, if a process ended. */
                                count: number;
                            } | null;
                            /** @description Events that are missing since the last reading: lost, if they still are at the next. */
                            suspect: number;
                            /** @description Events that came from processes whose metrics are not read, at least. */
                            uncounted: number;
                            /** @description Whether the end of a process would be noticed. If not, each new process may have taken the place of another one. */
                            vouches: boolean;
                            /** @description Its processes, as they were read last: each counts since its own start. */
                            processes: {
                                /** @description Where its metrics are. */
                                address: string;
                                /** @description When they were read last, by the clock of the registry. */
                                readAt: string | null;
                                /** @description Events that it put into its queue. */
                                events: number;
                                /** @description Events that were answered with 2xx or 3xx: delivered, as the registry sees it. */
                                successes: number;
                                /** @description Events that it dropped, or gave up after its retries. */
                                givenUp: number;
                                /** @description Events in its queue. */
                                pending: number;
                            }[];
                            /** @description Metrics that cannot be read. */
                            failing: {
                                /** @description What cannot be read. */
                                address: string;
                                /** @description Since when. */
                                since: string | null;
                                /** @description Why. */
                                problem: string;
                            }[];
                        };
                    };
                };
            };
        };
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/registries/{name}/storage": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** What the storage of a registry holds, as of the last survey, and what a collection of garbage would free */
        get: {
            parameters: {
                query?: never;
                header?: never;
                path: {
                    /** @description The name of the registry. */
                    name: string;
                };
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                /** @description Default Response */
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": {
                            /** @description The registry. */
                            registry: string;
                            /** @description Where its storage is. */
                            place: string;
                            /**
                             * Format: date-time
                             * @description When the survey began.
                             */
                            at: string;
                            /** @description How long it took, in ms. */
                            tookMs: number;
                            /** @description All that the storage holds: the sum of the parts. */
                            total: {
                                /** @description How many objects. */
                                objects: number;
                                /** @description Their bytes. In bytes. */
                                bytes: number;
                            };
                            /** @description What it holds. The parts add up to `total`. */
                            parts: {
                                /** @description Blobs that a manifest of a repository names, and these manifests. */
                                referenced: {
                                    /** @description How many objects. */
                                    objects: number;
                                    /** @description Their bytes. In bytes. */
                                    bytes: number;
                                };
                                /** @description Blobs that no manifest names, and that a repository links: a collection deletes them. */
                                unreferenced: {
                                    /** @description How many objects. */
                                    objects: number;
                                    /** @description Their bytes. In bytes. */
                                    bytes: number;
                                };
                                /** @description Blobs that no manifest names and no repository links: a collection deletes them. */
                                orphaned: {
                                    /** @description How many objects. */
                                    objects: number;
                                    /** @description Their bytes. In bytes. */
                                    bytes: number;
                                };
                                /** @description The small files that link repositories and tags to blobs. */
                                links: {
                                    /** @description How many objects. */
                                    objects: number;
                                    /** @description Their bytes. In bytes. */
                                    bytes: number;
                                };
                                /** @description What was uploaded and not completed. */
                                uploads: {
                                    /** @description How many objects. */
                                    objects: number;
                                    /** @description Their bytes. In bytes. */
                                    bytes: number;
                                };
                                /** @description Blobs that Tallyman collected, and deletes for good once `gc.trash` has passed. */
                                trash: {
                                    /** @description How many objects. */
                                    objects: number;
                                    /** @description Their bytes. In bytes. */
                                    bytes: number;
                                };
                                /** @description What no registry wrote. */
                                other: {
                                    /** @description How many objects. */
                                    objects: number;
                                    /** @description Their bytes. In bytes. */
                                    bytes: number;
                                };
                                /** @description Older versions that the bucket keeps, also of what was deleted. */
                                version: {
                                    /** @description How many objects. */
                                    objects: number;
                                    /** @description Their bytes. In bytes. */
                                    bytes: number;
                                };
                                /** @description Marks of a versioned bucket that something was deleted. */
                                marker: {
                                    /** @description How many objects. */
                                    objects: number;
                                    /** @description Their bytes. In bytes. */
                                    bytes: number;
                                };
                                /** @description Multipart uploads that were neither completed nor aborted. */
                                upload: {
                                    /** @description How many objects. */
                                    objects: number;
                                    /** @description Their bytes. In bytes. */
                                    bytes: number;
                                };
                                /** @description Segments of large objects of Swift that no object uses. */
                                segment: {
                                    /** @description How many objects. */
                                    objects: number;
                                    /** @description Their bytes. In bytes. */
                                    bytes: number;
                                };
                                /** @description What was deleted, and is kept by the store for some time. */
                                deleted: {
                                    /** @description How many objects. */
                                    objects: number;
                                    /** @description Their bytes. In bytes. */
                                    bytes: number;
                                };
                            };
                            /** @description What a collection of garbage would free now: `unreferenced` and `orphaned`. */
                            collectable: {
                                /** @description How many objects. */
                                objects: number;
                                /** @description Their bytes. In bytes. */
                                bytes: number;
                            };
                            /** @description Who uploaded what a collection would free, the most bytes first. */
                            projects: {
                                /** @description The project, `registry/path`. Null: several projects, or none, link these blobs. */
                                project: string | null;
                                /** @description How many blobs. */
                                objects: number;
                                /** @description Their bytes. In bytes. */
                                bytes: number;
                            }[];
                            /** @description Uploads that are not complete, by the time since they began. */
                            uploads: {
                                /** @description Younger than this, and not than the one before. Null: the rest. */
                                youngerThan: ("hour" | "day" | "week") | null;
                                /** @description How many uploads. */
                                uploads: number;
                                /** @description Their bytes. In bytes. */
                                bytes: number;
                                /**
                                 * Format: date-time
                                 * @description When the oldest of them began.
                                 */
                                oldestAt?: string;
                            }[];
                            /** @description Manifests that a repository links, and that are missing or cannot be read. The collector of a registry may stop at one. */
                            unreadable: {
                                /** @description How many. */
                                count: number;
                                /** @description The first 100. */
                                digests: string[];
                            };
                            /** @description Blobs that manifests name and that are not in the storage: images that cannot be pulled. */
                            missing: {
                                /** @description How many. */
                                count: number;
                                /** @description The first 100. */
                                blobs: {
                                    /** @description The blob. */
                                    digest: string;
                                    /** @description A manifest that names it. */
                                    namedBy: string;
                                }[];
                            };
                            /** @description Links of repositories to blobs that are not there. The collector of a registry leaves them behind; they do no harm. */
                            linksWithoutBlob: number;
                            /** @description Parts that the store does not list, or not to this login. They count as nothing. */
                            unlisted: {
                                /** @description Parts that may hold something. Empty: folders that no registry wrote. */
                                kinds: ("version" | "marker" | "upload" | "segment" | "deleted")[];
                                /** @description What the store says. */
                                reason: string;
                            }[];
                        };
                    };
                };
            };
        };
        put?: never;
        /**
         * Survey the storage of a registry
         * @description It lists the whole storage and reads each manifest once. Who asks while a survey waits joins it.
         */
        post: {
            parameters: {
                query?: never;
                header?: never;
                path: {
                    /** @description The name of the registry. */
                    name: string;
                };
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                /** @description Default Response */
                202: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": {
                            /** @description The job. `GET /v1/jobs/:queue/:id` tells its progress. */
                            job: {
                                /** @description The queue that it is in. */
                                queue: string;
                                /** @description The id of the job in its queue. */
                                id: string;
                            };
                        };
                    };
                };
            };
        };
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/registries/{name}/storage/doctor": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * What in the storage of a registry would bite, and what to do about it
         * @description It asks the store for its settings and looks at a few objects, which may take a minute. Nothing is written: rights are tried with requests that the store refuses. Findings are up to 10 s old. docs/storage-doctor.md has the rules.
         */
        get: {
            parameters: {
                query?: never;
                header?: never;
                path: {
                    /** @description The name of the registry. */
                    name: string;
                };
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                /** @description Default Response */
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": {
                            /** @description Whether no finding is an error. */
                            ok: boolean;
                            /** @description What was found, the worst first. */
                            findings: {
                                /** @description What was looked at: `redis`, `registry ci`, `events of ci`. */
                                check: string;
                                /** @description `ok`; `note`: good to know; `warning`: it works, and something may be lost or wrong later; `error`: something does not work. */
                                level: "ok" | "note" | "warning" | "error";
                                /** @description What was found. */
                                what: string;
                                /** @description Why that matters. */
                                why?: string;
                                /** @description What to do about it. */
                                fix?: string;
                                /** @description The rule by which it was found, such as `lifecycle-deletes` (docs/storage-doctor.md). */
                                rule?: string;
                                /**
                                 * @description How sure it is.
                                 * @enum {unknown}
                                 */
                                sure?: "certain" | "likely" | "not known";
                            }[];
                        };
                    };
                };
            };
        };
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/broken-images": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Images that are not whole: content of them is missing or wrong
         * @description As reconciles and scrubs have found them, in order of registry, repository and digest. At most 1,000 of a registry are known.
         */
        get: {
            parameters: {
                query: {
                    /** @description Only images of this registry. */
                    registry?: string;
                    /** @description Only images of this project, `registry/path`. */
                    project?: string;
                    /** @description How many there are on a page at most. */
                    limit: number;
                    /** @description `next` of the page before. */
                    cursor?: string;
                };
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                /** @description Default Response */
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": {
                            /** @description The images of the page. */
                            images: {
                                /** @description The registry. */
                                registry: string;
                                /** @description The project, `registry/path`. */
                                project: string;
                                /** @description The repository. */
                                repository: string;
                                /** @description The digest of the image. */
                                digest: string;
                                /** @description The first 20 of its tags. */
                                tags: string[];
                                /** @description How many tags it has. */
                                tagCount: number;
                                /**
                                 * Format: date-time
                                 * @description Since when it is known.
                                 */
                                since: string;
                                /**
                                 * Format: date-time
                                 * @description When that was seen last.
                                 */
                                seenAt: string;
                                /** @description The first 20 contents that are not as they should be. */
                                damages: {
                                    /** @description The content. */
                                    digest: string;
                                    /**
                                     * @description What it is to the image. `child`: a manifest that an index lists.
                                     * @enum {unknown}
                                     */
                                    part: "manifest" | "child" | "config" | "layer";
                                    /**
                                     * @description `missing`: the registry does not give it. `size`: it has another size than its manifest states. `corrupt`: its bytes do not hash to its digest.
                                     * @enum {unknown}
                                     */
                                    fault: "missing" | "size" | "corrupt";
                                    /** @description Its size in bytes, as a manifest states it; 0 if none does. */
                                    size: number;
                                    /** @description The size that was found, in bytes. Null if that is not known. */
                                    found: number | null;
                                    /** @description What a scrub says of who serves it so. Null if no scrub has found it. */
                                    at: string | null;
                                    /** @description Where it was whole when it was noticed, as `registry/repository`: of projects that the token sees. Null if that was not looked for. */
                                    copies: string[] | null;
                                    /** @description All of it in words. */
                                    text: string;
                                }[];
                                /** @description How many there are. */
                                damageCount: number;
                            }[];
                            /** @description The `cursor` of the next page; null at the end of the list. */
                            next: string | null;
                        };
                    };
                };
            };
        };
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/broken-images/repair": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Put back what an image lacks
         * @description Content that is missing or wrong is copied from a good copy into the repository of the image, by digest, and read back. Without `from`, the copy is looked for: in the trash, and in the other registries; that needs `promote` over all projects.
         */
        post: {
            parameters: {
                query?: never;
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody: {
                content: {
                    "application/json": {
                        /** @description `registry/repository:tag`, or `registry/repository@digest`. */
                        image: string;
                        /** @description Where the copy is: `registry/repository`. Without `promote` over its project, nothing is read there. */
                        from?: string;
                        /**
                         * @description Tell what would be done, and write nothing.
                         * @default false
                         */
                        dryRun: boolean;
                    };
                };
            };
            responses: {
                /** @description Default Response */
                202: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": {
                            /** @description The job. `GET /v1/jobs/:queue/:id` tells its progress. */
                            job: {
                                /** @description The queue that it is in. */
                                queue: string;
                                /** @description The id of the job in its queue. */
                                id: string;
                            };
                        };
                    };
                };
            };
        };
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/registries/{name}/scrub": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** How far the images of a registry were read and hashed */
        get: {
            parameters: {
                query?: never;
                header?: never;
                path: {
                    /** @description The name of the registry. */
                    name: string;
                };
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                /** @description Default Response */
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": {
                            /** @description The registry. */
                            registry: string;
                            /** @description The URL through which images are read. */
                            url: string;
                            /** @description How many bytes may be read in a day. */
                            bytesPerDay: number;
                            /** @description An image is read once in so many seconds at most. */
                            periodSeconds: number;
                            /** @description Bytes of the budget of this day (UTC) that are spent. It may be more: a content is read to its end. */
                            readToday: number;
                            /** @description Bytes that were read so far. */
                            totalBytes: number;
                            /** @description Images that were read so far, some of them more than once. */
                            images: number;
                            /** @description Manifests, configs and layers that were read within the period and are right. */
                            contents: number;
                            /** @description Repositories that come first, since garbage was collected there. */
                            first: number;
                            /** @description When the last scrub ended. Null before the first. */
                            lastRunAt: string | null;
                        };
                    };
                };
            };
        };
        put?: never;
        /**
         * Read images of a registry now
         * @description It reads what is left of the day's budget at once, which scrubs otherwise spread over the day. Who asks while another request waits joins it.
         */
        post: {
            parameters: {
                query?: never;
                header?: never;
                path: {
                    /** @description The name of the registry. */
                    name: string;
                };
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                /** @description Default Response */
                202: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": {
                            /** @description The job. `GET /v1/jobs/:queue/:id` tells its progress. */
                            job: {
                                /** @description The queue that it is in. */
                                queue: string;
                                /** @description The id of the job in its queue. */
                                id: string;
                            };
                        };
                    };
                };
            };
        };
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/quarantine": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Events that could not be understood, newest first
         * @description `total` counts all events in quarantine. A page has fewer than `limit` if they are large, or if the filter passes few.
         */
        get: {
            parameters: {
                query: {
                    /** @description Only what this registry sent. */
                    registry?: string;
                    /** @description Only what has this text in its reason. */
                    reason?: string;
                    /** @description How many there are on a page at most. */
                    limit: number;
                    /** @description `next` of the page before. */
                    cursor?: string;
                };
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                /** @description Default Response */
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": {
                            /** @description How many are in quarantine, whatever the filter. */
                            total: number;
                            /** @description The entries of the page. */
                            events: {
                                /** @description The id in quarantine. */
                                id: string;
                                /** @description The registry that sent it. */
                                registry: string;
                                /** @description When it came, or was last replayed; RFC 3339. */
                                receivedAt: string;
                                /** @description What was wrong with it. */
                                reason: string;
                                /** @description The event as it came; of a long one, its beginning as a text. */
                                event: unknown;
                            }[];
                            /** @description The `cursor` of the next page; null at the end of the list. */
                            next: string | null;
                        };
                    };
                };
            };
        };
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/quarantine/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** One event in quarantine */
        get: {
            parameters: {
                query?: never;
                header?: never;
                path: {
                    /** @description The id in quarantine. */
                    id: string;
                };
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                /** @description Default Response */
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": {
                            /** @description The id in quarantine. */
                            id: string;
                            /** @description The registry that sent it. */
                            registry: string;
                            /** @description When it came, or was last replayed; RFC 3339. */
                            receivedAt: string;
                            /** @description What was wrong with it. */
                            reason: string;
                            /** @description The event as it came; of a long one, its beginning as a text. */
                            event: unknown;
                        };
                    };
                };
            };
        };
        put?: never;
        post?: never;
        /** Discard one event */
        delete: {
            parameters: {
                query?: never;
                header?: never;
                path: {
                    /** @description The id in quarantine. */
                    id: string;
                };
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                /** @description Default Response */
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": {
                            /** @description How many were deleted. */
                            discarded: number;
                        };
                    };
                };
            };
        };
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/quarantine/{id}/replay": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Replay one event
         * @description As if received now. If it still cannot be understood, it comes back with a new id.
         */
        post: {
            parameters: {
                query?: never;
                header?: never;
                path: {
                    /** @description The id in quarantine. */
                    id: string;
                };
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                /** @description Default Response */
                202: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": {
                            /** @description How many were replayed. */
                            replayed: number;
                        };
                    };
                };
            };
        };
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/quarantine/replay": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Replay many events
         * @description Entries of `registry`, entries with `reason` in their reason, or all with `"all": true`. As if received now. Events that still cannot be understood come back.
         */
        post: {
            parameters: {
                query?: never;
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody: {
                content: {
                    "application/json": {
                        /** @description Only what this registry sent. */
                        registry?: string;
                        /** @description Only what has this text in its reason. */
                        reason?: string;
                        /**
                         * @description All entries.
                         * @enum {boolean}
                         */
                        all?: true;
                    };
                };
            };
            responses: {
                /** @description Default Response */
                202: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": {
                            /** @description How many were replayed. */
                            replayed: number;
                        };
                    };
                };
            };
        };
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/quarantine/discard": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Discard many events
         * @description Entries of `registry`, entries with `reason` in their reason, or all with `"all": true`.
         */
        post: {
            parameters: {
                query?: never;
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody: {
                content: {
                    "application/json": {
                        /** @description Only what this registry sent. */
                        registry?: string;
                        /** @description Only what has this text in its reason. */
                        reason?: string;
                        /**
                         * @description All entries.
                         * @enum {boolean}
                         */
                        all?: true;
                    };
                };
            };
            responses: {
                /** @description Default Response */
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": {
                            /** @description How many were deleted. */
                            discarded: number;
                        };
                    };
                };
            };
        };
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/overview": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * All projects at once, in columns, and the sums of each registry
         * @description For pictures of the whole: `GET /v1/projects` has pages, orders and filters. The numbers are as of a moment ago: with 20,000 projects, some seconds. A token for some projects gets these, and their sums. With `If-None-Match` the answer is 304 until something changes.
         */
        get: {
            parameters: {
                query?: never;
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                /** @description Default Response */
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": {
                            /** @description Names this answer: `GET /v1/overview/live` goes on from it. */
                            version: string;
                            /** @description Since when growth is counted, epoch ms: seven days before it was last read. Null until it was read. */
                            growthSince: number | null;
                            /** @description The sums of each registry, over the projects that are seen. */
                            registries: {
                                /** @description Its name in the configuration. */
                                registry: string;
                                /** @description How many projects are seen. */
                                projects: number;
                                /** @description The bytes that the registry holds, each content once. Null for a token that does not see all projects. */
                                bytes: number | null;
                                /** @description By how much these changed since `growthSince`. Null if that is not known. */
                                growthBytes: number | null;
                                /** @description The sum of the unique bytes of its projects: what several hold counts for each. */
                                uniqueBytes: number;
                                /** @description The sum of their exclusive bytes. */
                                exclusiveBytes: number;
                                /** @description The sum of their referenced bytes. */
                                referencedBytes: number;
                                /** @description How many projects are over their quota. */
                                over: number;
                                /** @description How many projects are near their quota. */
                                warning: number;
                                /** @description Of how many projects it is known what expiry would free. */
                                planned: number;
                                /** @description What it would free in these, at least: what several of them share does not count. */
                                planFreesBytes: number;
                                /** @description When the oldest of these plans was made, epoch ms. Null if there is none. */
                                planFrom: number | null;
                            }[];
                            /** @description Projects in columns: the n-th of each column is of the same project. */
                            projects: {
                                /** @description registry/path */
                                id: string[];
                                /** @description The bytes that it holds, each content once. */
                                uniqueBytes: number[];
                                /** @description The bytes that no other project holds. */
                                exclusiveBytes: number[];
                                /** @description The bytes of its manifests with what they reference, nothing deduplicated. */
                                referencedBytes: number[];
                                /** @description Its flag. */
                                flag: ("ok" | "warning" | "over")[];
                                /** @description Since when it has this flag, epoch ms. Null if it never had another. */
                                flagSince: (number | null)[];
                                /** @description By how much its unique bytes changed since `growthSince`. Of a younger project, all that it holds. Null if that is not known. */
                                growthBytes: (number | null)[];
                                /** @description When something was last pushed, epoch ms. Null if that is not known. */
                                lastPushAt: (number | null)[];
                                /** @description When something was last pulled, epoch ms. Null if no pull is known. */
                                lastPullAt: (number | null)[];
                                /** @description When it was planned what the expiry policies would free in it, epoch ms. Null if it was not planned yet, or could not be: plans are made one by one while somebody looks, those of the largest projects first. */
                                planAt: (number | null)[];
                                /** @description By how much its unique bytes would fall. */
                                planUniqueBytes: (number | null)[];
                                /** @description The bytes that the registry can free then. What other projects hold, too, does not count. */
                                planFreesBytes: (number | null)[];
                            };
                        };
                    };
                };
                /** @description The answer is what `If-None-Match` names. */
                304: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content?: never;
                };
            };
        };
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/overview/live": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * What changes in the overview, as server-sent events
         * @description Begins with what changed since `since`, the `version` of `GET /v1/overview`. An event `change` has the keys of that answer, with the rows that changed only, and `gone`: the ids of projects that are no more. If nothing changes, an event `beat` comes every 15 s. After an event `reset` the stream ends: read all again. It also ends when the service stops, and when the token or the session does. At most 200 streams are open at once.
         */
        get: {
            parameters: {
                query?: {
                    /** @description The `version` of what is known. `Last-Event-ID` beats it. */
                    since?: string;
                };
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                /** @description The events. */
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "text/event-stream": string;
                    };
                };
            };
        };
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/projects": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Projects with their usage, the largest first
         * @description The numbers are as of now. The order and the filters are as of a moment ago: with 20,000 projects, some seconds. A project whose numbers change between two pages may be on both of them, or on none.
         */
        get: {
            parameters: {
                query: {
                    /** @description `unique`, `exclusive`: the most bytes first. `growth`: those first whose unique bytes grew most in a week. `flag`: `over` first, then `warning`. `name`: by id. `tags`: the most first. `pushed`: the last push first. `idle`: those first that were neither pushed nor pulled for longest. */
                    sort: "unique" | "exclusive" | "growth" | "flag" | "name" | "tags" | "pushed" | "idle";
                    /** @description Whether to tell the growth of each project. */
                    growth: boolean;
                    /** @description Only projects of this registry. */
                    registry?: string;
                    /** @description `warning` from the first mark of the quota on, `over` past its limit, `ok` otherwise. */
                    flag?: "ok" | "warning" | "over";
                    /** @description A text in the id, in any case. */
                    search?: string;
                    /** @description How many there are on a page at most. */
                    limit: number;
                    /** @description `next` of the page before. */
                    cursor?: string;
                };
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                /** @description Default Response */
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": {
                            /** @description The projects of the page. */
                            projects: {
                                /** @description registry/path */
                                id: string;
                                /** @description The bytes that it holds, each content counted once. The quota counts these. */
                                uniqueBytes: number;
                                /** @description The sizes of its manifests, with their configs and layers. Shared content counts each time. */
                                referencedBytes: number;
                                /** @description The unique bytes that no other project of the registry holds. */
                                exclusiveBytes: number;
                                /** @description The bytes of uploaded content that no manifest references. */
                                unreferencedBytes: number;
                                /** @description Manifests. One that is in two repositories counts twice. */
                                manifests: number;
                                /** @description Tags. */
                                tags: number;
                                /** @description Repositories with a manifest. */
                                repositories: number;
                                /** @description Manifests whose references, or whose subject, are not known yet. Until then the sizes may be too small. */
                                unresolved: number;
                                /** @description Pulls of its manifests, without those by scanners. */
                                pulls: number;
                                /** @description Pulls by scanners. */
                                scans: number;
                                /** @description When something was last pushed. Null if it is not known. */
                                lastPushAt: string | null;
                                /** @description Who made the last push. Null if it is not known. */
                                lastPushedBy: string | null;
                                /** @description When something was last pulled. Null if no pull is known. */
                                lastPullAt: string | null;
                                /** @description The limit of its quota. Null if it has none. */
                                limitBytes: number | null;
                                /** @description Which bytes the limit is about: `unique`, `exclusive`, `referenced`, `tagged` or `stored`. Null if there is none. */
                                limitMeasure: string | null;
                                /** @description What a person has set at run time, and the limit is of. Null if that is configured. */
                                override: {
                                    /** @description The limit, in bytes. */
                                    limit: number;
                                    /** @description Who set it. Null if it is not kept. */
                                    by: string | null;
                                    /** @description Why. Null if nobody said. */
                                    why: string | null;
                                    /** @description Since when, RFC 3339. */
                                    since: string;
                                    /** @description When it ends, RFC 3339. Null: once it is removed. */
                                    until: string | null;
                                } | null;
                                /** @description `warning` from the first mark of the quota on, `over` past its limit, `ok` otherwise. */
                                flag: "ok" | "warning" | "over";
                                /** @description Since when it has this flag. Null if it never had another. */
                                flagSince: string | null;
                                /** @description By how much the unique bytes changed in a week; of a younger project, since its begin. Null if that is not known. Only with `growth`. */
                                growthBytes?: number | null;
                            }[];
                            /** @description The `cursor` of the next page; null at the end of the list. */
                            next: string | null;
                        };
                    };
                };
            };
        };
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/projects/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** One project */
        get: {
            parameters: {
                query?: never;
                header?: never;
                path: {
                    /** @description registry/path, URL-encoded. It may have plain slashes; then `/-/` must precede what is below it, as in `/v1/projects/ci/team-a/app/-/tags`. */
                    id: string;
                };
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                /** @description Default Response */
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": {
                            /** @description registry/path */
                            id: string;
                            /** @description The bytes that it holds, each content counted once. The quota counts these. */
                            uniqueBytes: number;
                            /** @description The sizes of its manifests, with their configs and layers. Shared content counts each time. */
                            referencedBytes: number;
                            /** @description The unique bytes that no other project of the registry holds. */
                            exclusiveBytes: number;
                            /** @description The bytes of uploaded content that no manifest references. */
                            unreferencedBytes: number;
                            /** @description Manifests. One that is in two repositories counts twice. */
                            manifests: number;
                            /** @description Tags. */
                            tags: number;
                            /** @description Repositories with a manifest. */
                            repositories: number;
                            /** @description Manifests whose references, or whose subject, are not known yet. Until then the sizes may be too small. */
                            unresolved: number;
                            /** @description Pulls of its manifests, without those by scanners. */
                            pulls: number;
                            /** @description Pulls by scanners. */
                            scans: number;
                            /** @description When something was last pushed. Null if it is not known. */
                            lastPushAt: string | null;
                            /** @description Who made the last push. Null if it is not known. */
                            lastPushedBy: string | null;
                            /** @description When something was last pulled. Null if no pull is known. */
                            lastPullAt: string | null;
                            /** @description The limit of its quota. Null if it has none. */
                            limitBytes: number | null;
                            /** @description Which bytes the limit is about: `unique`, `exclusive`, `referenced`, `tagged` or `stored`. Null if there is none. */
                            limitMeasure: string | null;
                            /** @description What a person has set at run time, and the limit is of. Null if that is configured. */
                            override: {
                                /** @description The limit, in bytes. */
                                limit: number;
                                /** @description Who set it. Null if it is not kept. */
                                by: string | null;
                                /** @description Why. Null if nobody said. */
                                why: string | null;
                                /** @description Since when, RFC 3339. */
                                since: string;
                                /** @description When it ends, RFC 3339. Null: once it is removed. */
                                until: string | null;
                            } | null;
                            /** @description `warning` from the first mark of the quota on, `over` past its limit, `ok` otherwise. */
                            flag: "ok" | "warning" | "over";
                            /** @description Since when it has this flag. Null if it never had another. */
                            flagSince: string | null;
                        };
                    };
                };
            };
        };
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/projects/{id}/tags": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** A project's tags, by repository and name */
        get: {
            parameters: {
                query: {
                    /** @description Only tags of this repository. */
                    repository?: string;
                    /** @description How many there are on a page at most. */
                    limit: number;
                    /** @description `next` of the page before. */
                    cursor?: string;
                };
                header?: never;
                path: {
                    /** @description registry/path, URL-encoded. It may have plain slashes; then `/-/` must precede what is below it, as in `/v1/projects/ci/team-a/app/-/tags`. */
                    id: string;
                };
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                /** @description Default Response */
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": {
                            /** @description The tags of the page. */
                            tags: {
                                /** @description The repository in the registry. */
                                repository: string;
                                /** @description The name of the tag. */
                                tag: string;
                                /** @description The manifest that it names. */
                                digest: string;
                                /** @description The media type of the manifest. */
                                mediaType: string;
                                /** @description The size of the manifest with its config and layers. For an index: with its children and theirs, each content once. */
                                sizeBytes: number;
                                /** @description How many manifests an index lists, attestations among them. Null for an image. */
                                platforms: number | null;
                                /** @description Since when the tag names the image. With `ageSource: seen`, it may be for longer. Null if it is not known. */
                                pushedAt: string | null;
                                /**
                                 * @description What tells `pushedAt`: the event of the push; GitLab; the storage; the time of the build in the image; `seen`: nothing, and it was first seen then.
                                 * @enum {unknown}
                                 */
                                ageSource: "event" | "registry" | "storage" | "image" | "seen";
                                /** @description Who pushed the tag last: the login name at the registry. Null if it is not known. */
                                pushedBy: string | null;
                                /** @description When the image was last pulled. Null if no pull is known. */
                                lastPullAt: string | null;
                            }[];
                            /** @description The `cursor` of the next page; null at the end of the list. */
                            next: string | null;
                        };
                    };
                };
            };
        };
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/projects/{id}/contents": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * What a repository holds: its images, each with what belongs to it, and what deleting it would free
         * @description An image comes with its tags, its layers, what it lists and what signs or describes it. Images that belong to another one are only told with that. A page costs as much as the repository is large.
         */
        get: {
            parameters: {
                query: {
                    /** @description The name of the repository in the registry. */
                    repository: string;
                    /** @description `untagged`: images without a tag that belong to no other. */
                    show: "tagged" | "untagged";
                    /** @description `pushed`: the last push first. `idle`: the last pull longest ago first. `size`: the largest first. `name`: by tag. */
                    sort: "pushed" | "idle" | "size" | "name";
                    /** @description A text in a tag, in any case; or the beginning of the digest. */
                    search?: string;
                    /** @description How many there are on a page at most. */
                    limit: number;
                    /** @description `next` of the page before. */
                    cursor?: string;
                };
                header?: never;
                path: {
                    /** @description registry/path, URL-encoded, or with plain slashes and `/-/` after it */
                    id: string;
                };
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                /** @description Default Response */
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": {
                            /** @description How many images there are in all that are asked for. */
                            count: number;
                            /** @description How many images of the repository have no tag and belong to no other. */
                            untagged: number;
                            /** @description What is known of the use of images of this registry. */
                            pulls: {
                                /** @description Whether the registry tells of pulls. */
                                areHeard: boolean;
                                /** @description Whether no use escapes: by the configuration, or since `inUse` tells what runs. */
                                isComplete: boolean;
                                /** @description The same in words. */
                                text: string;
                            };
                            /** @description The images of the page. */
                            images: {
                                /** @description Its digest. */
                                digest: string;
                                /** @description The media type of its manifest. */
                                mediaType: string;
                                /** @description What it is. Null if that was not read from the registry yet. */
                                kind: ("image" | "index" | "buildkit-cache" | "signature" | "attestation" | "sbom" | "helm" | "wasm" | "other") | null;
                                /** @description Its tags, by name. */
                                tags: {
                                    /** @description The name of the tag. */
                                    name: string;
                                    /** @description Since when the tag names the image. Null if it is not known. */
                                    at: string | null;
                                    /**
                                     * @description What tells the time; `seen`: nothing, and it was first seen then.
                                     * @enum {unknown}
                                     */
                                    ageSource: "event" | "registry" | "storage" | "image" | "seen";
                                    /** @description Who pushed the tag last. Null if it is not known. */
                                    pushedBy: string | null;
                                }[];
                                /** @description When it was last pushed, by any tag or as a part. Null if it is not known. */
                                at: string | null;
                                /**
                                 * @description What tells the time; `seen`: nothing, and it was first seen then.
                                 * @enum {unknown}
                                 */
                                ageSource: "event" | "registry" | "storage" | "image" | "seen";
                                /** @description Whether all that it references is known. If not, sizes may be too small. */
                                isResolved: boolean;
                                /** @description Whether it signs or describes an image that is gone. */
                                isOrphan: boolean;
                                /** @description The digest of an index that lists it: it can only go with that. Null if there is none. */
                                listedBy: string | null;
                                /** @description Its size with all parts, each content once. */
                                sizeBytes: number;
                                /** @description Those of them that other images of the project hold, too. */
                                sharedBytes: number;
                                /** @description What the next garbage collection would free if the image and its tags were deleted now, and nothing else. */
                                freesBytes: number;
                                /** @description Why no policy deletes it: the configuration, what runs, or somebody who keeps it. Null: nothing protects it. */
                                protectedBy: string | null;
                                /** @description When it or a part was last pulled. Null if no pull is known. */
                                lastPullAt: string | null;
                                /** @description Since when its pulls are known. Null: they are not known. */
                                pullsSince: string | null;
                                /** @description Its configs and layers, those that most images hold first; the 128 largest. */
                                layers: {
                                    /** @description `key:` and the first 16 bytes of its digest in hex. */
                                    key: string;
                                    /** @description Its size as the manifest states it. */
                                    sizeBytes: number;
                                    /** @description How many other manifests of the project hold it. */
                                    otherImages: number;
                                    /** @description How many other projects of the registry hold it. */
                                    otherProjects: number;
                                }[];
                                /** @description The layers that are left out. */
                                otherLayers: {
                                    /** @description How many. */
                                    count: number;
                                    /** @description Their sizes together. */
                                    sizeBytes: number;
                                };
                                /** @description What an index lists, the first 100. */
                                parts: {
                                    /** @description Its digest. */
                                    digest: string;
                                    /** @description Its tags. */
                                    tags: string[];
                                    /** @description The media type of its manifest. */
                                    mediaType: string;
                                    /** @description What it is. Null if that was not read from the registry yet. */
                                    kind: ("image" | "index" | "buildkit-cache" | "signature" | "attestation" | "sbom" | "helm" | "wasm" | "other") | null;
                                    /** @description The size of the manifest with its config and layers. */
                                    sizeBytes: number;
                                }[];
                                /** @description How many parts there are. */
                                partCount: number;
                                /** @description What signs, attests or describes it, the first 100. */
                                referrers: {
                                    /** @description Its digest. */
                                    digest: string;
                                    /** @description Its tags. */
                                    tags: string[];
                                    /** @description The media type of its manifest. */
                                    mediaType: string;
                                    /** @description What it is. Null if that was not read from the registry yet. */
                                    kind: ("image" | "index" | "buildkit-cache" | "signature" | "attestation" | "sbom" | "helm" | "wasm" | "other") | null;
                                    /** @description The size of the manifest with its config and layers. */
                                    sizeBytes: number;
                                }[];
                                /** @description How many referrers there are. */
                                referrerCount: number;
                            }[];
                            /** @description The `cursor` of the next page; null at the end of the list. */
                            next: string | null;
                        };
                    };
                };
            };
        };
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/projects/{id}/repositories": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * The repositories of a project that hold something
         * @description Without `sizes` it is cheap. With them it costs as much as the repositories of the page are large.
         */
        get: {
            parameters: {
                query: {
                    /** @description `manifests`: those with the most first. `name`: by name. */
                    sort: "manifests" | "name";
                    /** @description A text in the name, in any case. */
                    search?: string;
                    /** @description Whether to tell sizes; a page has 20 repositories at most then. */
                    sizes: boolean;
                    /** @description How many there are on a page at most. */
                    limit: number;
                    /** @description `next` of the page before. */
                    cursor?: string;
                };
                header?: never;
                path: {
                    /** @description registry/path, URL-encoded, or with plain slashes and `/-/` after it */
                    id: string;
                };
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                /** @description Default Response */
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": {
                            /** @description The repositories of the page. */
                            repositories: {
                                /** @description Its name in the registry. */
                                repository: string;
                                /** @description How many manifests it holds. */
                                manifests: number;
                                /** @description Null unless they were asked for. */
                                sizes: {
                                    /** @description Its tags. */
                                    tags: number;
                                    /** @description The bytes that its manifests hold, each content once. */
                                    sizeBytes: number;
                                    /** @description What the next garbage collection would free if the whole repository were deleted. */
                                    freesBytes: number;
                                } | null;
                            }[];
                            /** @description The `cursor` of the next page; null at the end of the list. */
                            next: string | null;
                        };
                    };
                };
            };
        };
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/projects/{id}/images": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * A project's manifests, also those without a tag, as a stream of lines
         * @description Each line is an image as JSON. An answer that is cut off is not complete.
         */
        get: {
            parameters: {
                query: {
                    /** @description Only images of this repository. */
                    repository?: string;
                    /** @description Whether to read from the registry first what is not known of `kind` and `labels`: at most 2,000 images, and for about a minute. */
                    details: boolean;
                };
                header?: never;
                path: {
                    /** @description registry/path, URL-encoded, or with plain slashes and `/-/` after it */
                    id: string;
                };
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                /** @description The images, by repository and digest. */
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/x-ndjson": {
                            /** @description The repository in the registry. */
                            repository: string;
                            /** @description Its digest. */
                            digest: string;
                            /** @description Its tags; none for a child of an index, and for what a moved tag left behind. */
                            tags: {
                                /** @description The name of the tag. */
                                name: string;
                                /** @description Since when the tag names the image. Null if it is not known. */
                                taggedAt: string | null;
                            }[];
                            /** @description Since when the repository has it. Null if it is not known. */
                            pushedAt: string | null;
                            /** @description When it was last pulled. Null if no pull is known. */
                            pulledAt: string | null;
                            /** @description When it was built, if `pushedAt` is known from that only. */
                            createdAt: string | null;
                            /** @description The media type of the manifest; empty if it is not known. */
                            mediaType: string;
                            /** @description What it is. Null if that was not read from the registry yet. */
                            kind: "image" | "index" | "buildkit-cache" | "signature" | "attestation" | "sbom" | "helm" | "wasm" | "other" | null;
                            /** @description The labels in its config; of an index, those that all its images share. Missing if they were not read yet, and without values of more than 1,024 characters. */
                            labels?: {
                                [key: string]: string;
                            };
                            /** @description The size of the manifest with its config and layers. For an index: with its children, each content once. */
                            sizeBytes: number;
                            /** @description The digests of the manifests that it lists. */
                            children: string[];
                            /** @description The digest of the image that it signs or describes. If the repository lacks that: `key:` and the first 16 bytes in hex. */
                            subject: string | null;
                        };
                    };
                };
            };
        };
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/projects/{id}/reclaimable": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** The bytes that deleting a tag, a manifest or a repository would free at the next garbage collection */
        get: {
            parameters: {
                query: {
                    /** @description The name of the repository in the registry. */
                    repository: string;
                    /** @description Delete this tag. Without `tag` and `digest`: the whole repository. */
                    tag?: string;
                    /** @description Delete this manifest with all of its tags. */
                    digest?: string;
                };
                header?: never;
                path: {
                    /** @description registry/path, URL-encoded */
                    id: string;
                };
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                /** @description Default Response */
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": {
                            /** @description What the next garbage collection would free. */
                            reclaimableBytes: number;
                            /** @description The digests that would go. Empty if another tag or an index needs the manifest. */
                            manifests: string[];
                        };
                    };
                };
            };
        };
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/projects/{id}/history": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** A project's usage over time */
        get: {
            parameters: {
                query: {
                    /** @description Only samples from then on, such as 2027-06, 2027-06-15 or 2027-06-15T12:00:00Z, in UTC. */
                    from?: string;
                    /** @description Only samples from before then. */
                    to?: string;
                    /** @description `hour`: the last week. `day`: the last two years. */
                    step: "hour" | "day";
                };
                header?: never;
                path: {
                    /** @description registry/path, URL-encoded */
                    id: string;
                };
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                /** @description Default Response */
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": {
                            /**
                             * @description The step of the samples.
                             * @enum {unknown}
                             */
                            step: "hour" | "day";
                            /** @description Oldest first. An hour or day without a sample is left out. */
                            samples: {
                                /**
                                 * Format: date-time
                                 * @description The beginning of the hour or day, in UTC. Of a day the last sample counts.
                                 */
                                at: string;
                                /** @description Bytes, each content once: in the project, or in the whole registry. */
                                uniqueBytes: number;
                                /** @description Unique bytes that no other project holds; of a registry, the sum of its projects. */
                                exclusiveBytes: number;
                                /** @description Bytes of all manifests with what they reference, nothing deduplicated. */
                                referencedBytes: number;
                                /** @description Tags. */
                                tags: number;
                                /** @description Manifests. */
                                manifests: number;
                            }[];
                        };
                    };
                };
            };
        };
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/registries/{name}/history": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** A registry's usage over time */
        get: {
            parameters: {
                query: {
                    /** @description Only samples from then on, such as 2027-06, 2027-06-15 or 2027-06-15T12:00:00Z, in UTC. */
                    from?: string;
                    /** @description Only samples from before then. */
                    to?: string;
                    /** @description `hour`: the last week. `day`: the last two years. */
                    step: "hour" | "day";
                };
                header?: never;
                path: {
                    /** @description Its name in the configuration. */
                    name: string;
                };
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                /** @description Default Response */
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": {
                            /**
                             * @description The step of the samples.
                             * @enum {unknown}
                             */
                            step: "hour" | "day";
                            /** @description Oldest first. An hour or day without a sample is left out. */
                            samples: {
                                /**
                                 * Format: date-time
                                 * @description The beginning of the hour or day, in UTC. Of a day the last sample counts.
                                 */
                                at: string;
                                /** @description Bytes, each content once: in the project, or in the whole registry. */
                                uniqueBytes: number;
                                /** @description Unique bytes that no other project holds; of a registry, the sum of its projects. */
                                exclusiveBytes: number;
                                /** @description Bytes of all manifests with what they reference, nothing deduplicated. */
                                referencedBytes: number;
                                /** @description Tags. */
                                tags: number;
                                /** @description Manifests. */
                                manifests: number;
                            }[];
                        };
                    };
                };
            };
        };
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/projects/{id}/growth": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * The pushes that added most to a project
         * @description Of pushes that Tallyman heard, at most 31 days ago, of images that are still there. It costs what was pushed in that time, not what the project holds.
         */
        get: {
            parameters: {
                query: {
                    /** @description Since when, such as 2027-06, 2027-06-15 or 2027-06-15T12:00:00Z, in UTC. Default: seven days ago. */
                    since?: string;
                    /** @description How many pushes to tell. */
                    limit: number;
                };
                header?: never;
                path: {
                    /** @description registry/path, URL-encoded */
                    id: string;
                };
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                /** @description Default Response */
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": {
                            /**
                             * Format: date-time
                             * @description Since when.
                             */
                            since: string;
                            /** @description By how many bytes its unique bytes changed. Null if its history has no sample from then. */
                            grownBytes: number | null;
                            /** @description How many images were pushed since then, and are still there. */
                            count: number;
                            /** @description Whether there were more than 5,000 pushes: what the older ones added is not told. */
                            isCut: boolean;
                            /** @description Those that added most come first. */
                            pushes: {
                                /** @description The image, as `repository:tag` or `repository@digest`. */
                                image: string;
                                /** @description Its manifest. */
                                digest: string;
                                /**
                                 * Format: date-time
                                 * @description When its push was heard.
                                 */
                                pushedAt: string;
                                /** @description Who pushed it: the login name at the registry. Null if it is not known. */
                                pushedBy: string | null;
                                /** @description The unique bytes that are in the project only since this push. */
                                addedBytes: number;
                            }[];
                        };
                    };
                };
            };
        };
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/report": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Byte-hours of a month, by project or by pusher
         * @description From the samples of each full hour, in UTC. Projects that are gone meanwhile are in it. The running month is told as far as it goes. Registries as a whole are told to who sees all projects.
         */
        get: {
            parameters: {
                query: {
                    /** @description Such as 2026-10, in UTC. Default: the running month. */
                    month?: string;
                    /** @description What the rows are about. */
                    by: "project" | "pusher";
                    /** @description Only this registry. */
                    registry?: string;
                    /** @description How many there are on a page at most. */
                    limit: number;
                    /** @description `next` of the page before. */
                    cursor?: string;
                };
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                /** @description Default Response */
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": {
                            /** @description The month, in UTC. */
                            month: string;
                            /**
                             * Format: date-time
                             * @description When this was asked.
                             */
                            asOf: string;
                            /** @description The hours of the month; of the running month until now. */
                            hours: number;
                            /** @description The hours of the whole month. */
                            hoursOfMonth: number;
                            /** @description Each registry as a whole: each content counts once. */
                            registries: {
                                /** @description Its name in the configuration. */
                                registry: string;
                                /**
                                 * @description What it is about. `others`: pushers beyond the 50 that the month of a project names. `unknown`: of nobody who is known.
                                 * @enum {unknown}
                                 */
                                kind: "registry" | "project" | "pusher" | "others" | "unknown";
                                /** @description The path of the project, or the login name of the pusher. Null of the other kinds. */
                                name: string | null;
                                /** @description Unique bytes at the first sample of the registry in the month; 0 if there was no such project. */
                                fromBytes: number;
                                /** @description The same at the last sample. */
                                toBytes: number;
                                /** @description By how much they changed in between. */
                                changeBytes: number;
                                /** @description The sum of the unique bytes at each full hour. What several projects hold counts in each of them, and in the registry once. */
                                byteHours: number;
                                /** @description The same of what no other project held. Null of a pusher: that is not known. */
                                exclusiveByteHours: number | null;
                                /** @description For how many hours it is known what was held. The others count nothing. */
                                hoursKnown: number;
                                /** @description The price of `byteHours` by `pricePerGiBMonth`. Null if there is none. */
                                price: number | null;
                                /** @description The price of a GiB for the whole month. Null if there is none. */
                                pricePerGiBMonth: number | null;
                            }[];
                            /** @description The rows of the page. */
                            rows: {
                                /** @description Its name in the configuration. */
                                registry: string;
                                /**
                                 * @description What it is about. `others`: pushers beyond the 50 that the month of a project names. `unknown`: of nobody who is known.
                                 * @enum {unknown}
                                 */
                                kind: "registry" | "project" | "pusher" | "others" | "unknown";
                                /** @description The path of the project, or the login name of the pusher. Null of the other kinds. */
                                name: string | null;
                                /** @description Unique bytes at the first sample of the registry in the month; 0 if there was no such project. */
                                fromBytes: number;
                                /** @description The same at the last sample. */
                                toBytes: number;
                                /** @description By how much they changed in between. */
                                changeBytes: number;
                                /** @description The sum of the unique bytes at each full hour. What several projects hold counts in each of them, and in the registry once. */
                                byteHours: number;
                                /** @description The same of what no other project held. Null of a pusher: that is not known. */
                                exclusiveByteHours: number | null;
                                /** @description For how many hours it is known what was held. The others count nothing. */
                                hoursKnown: number;
                                /** @description The price of `byteHours` by `pricePerGiBMonth`. Null if there is none. */
                                price: number | null;
                            }[];
                            /** @description The `cursor` of the next page; null at the end of the list. */
                            next: string | null;
                        };
                    };
                };
            };
        };
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/catalogue": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * The registries
         * @description Without a token. It is 404 unless `login.public` is set.
         */
        get: {
            parameters: {
                query?: never;
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                /** @description Default Response */
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": {
                            /** @description All of them, by name. */
                            registries: {
                                /** @description Its name. */
                                name: string;
                            }[];
                        };
                    };
                };
            };
        };
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/catalogue/projects": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * The projects, by name
         * @description Without a token. It is 404 unless `login.public` is set.
         */
        get: {
            parameters: {
                query: {
                    /** @description Only projects of this registry. */
                    registry?: string;
                    /** @description A text in the id, in any case. */
                    search?: string;
                    /** @description How many there are on a page at most. */
                    limit: number;
                    /** @description `next` of the page before. */
                    cursor?: string;
                };
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                /** @description Default Response */
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": {
                            /** @description The projects of the page. */
                            projects: {
                                /** @description registry/path */
                                project: string;
                                /** @description How many repositories it has. */
                                repositories: number;
                                /** @description How many tags it has. */
                                tags: number;
                            }[];
                            /** @description The `cursor` of the next page; null at the end of the list. */
                            next: string | null;
                        };
                    };
                };
            };
        };
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/catalogue/repositories": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * The repositories of a project, by name
         * @description Without a token. It is 404 unless `login.public` is set.
         */
        get: {
            parameters: {
                query: {
                    /** @description The project: registry/path. */
                    project: string;
                    /** @description How many there are on a page at most. */
                    limit: number;
                    /** @description `next` of the page before. */
                    cursor?: string;
                };
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                /** @description Default Response */
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": {
                            /** @description The repositories of the page. */
                            repositories: {
                                /** @description The repository in the registry. */
                                repository: string;
                            }[];
                            /** @description The `cursor` of the next page; null at the end of the list. */
                            next: string | null;
                        };
                    };
                };
            };
        };
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/catalogue/tags": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * The tags of a repository, by name
         * @description Without a token. It is 404 unless `login.public` is set.
         */
        get: {
            parameters: {
                query: {
                    /** @description The project: registry/path. */
                    project: string;
                    /** @description The repository in the registry. */
                    repository: string;
                    /** @description How many there are on a page at most. */
                    limit: number;
                    /** @description `next` of the page before. */
                    cursor?: string;
                };
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                /** @description Default Response */
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": {
                            /** @description The tags of the page. */
                            tags: {
                                /** @description The name of the tag. */
                                tag: string;
                                /** @description The manifest that it names. */
                                digest: string;
                                /** @description The size of the manifest with its config and layers. For an index: with its children and theirs, each content once. */
                                sizeBytes: number;
                                /** @description Since when the tag names the image. With `ageSource: seen`, it may be for longer. Null if it is not known. */
                                pushedAt: string | null;
                                /**
                                 * @description What tells `pushedAt`: the event of the push; GitLab; the storage; the time of the build in the image; `seen`: nothing, and it was first seen then.
                                 * @enum {unknown}
                                 */
                                ageSource: "event" | "registry" | "storage" | "image" | "seen";
                            }[];
                            /** @description The `cursor` of the next page; null at the end of the list. */
                            next: string | null;
                        };
                    };
                };
            };
        };
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/flags": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Flags that are not ok, of projects, groups and registries
         * @description It is cheap to poll: it reads only these flags, and its strong ETag changes only if the answer does. With `If-None-Match` the answer is 304 until then.
         */
        get: {
            parameters: {
                query: {
                    /** @description What the quota is for: a project, a group of projects, or a registry as a whole. */
                    kind?: "project" | "group" | "registry";
                    /** @description Only this registry and its projects. */
                    registry?: string;
                    /** @description Only this flag. */
                    flag?: "warning" | "over";
                    /** @description How many there are on a page at most. */
                    limit: number;
                    /** @description `next` of the page before. */
                    cursor?: string;
                };
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                /** @description Default Response */
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": {
                            /** @description The flags of the page. */
                            flags: {
                                /**
                                 * @description What the quota is for: a project, a group of projects, or a registry as a whole.
                                 * @enum {unknown}
                                 */
                                kind: "project" | "group" | "registry";
                                /** @description Of a project `registry/path`, of a group or a registry its name. */
                                id: string;
                                /**
                                 * @description How near it is to its quota, or that it is over it.
                                 * @enum {unknown}
                                 */
                                flag: "warning" | "over";
                                /**
                                 * Format: date-time
                                 * @description Since when it has this flag.
                                 */
                                since: string;
                                /** @description The highest share of `warnAt` that is passed. Null if none is. */
                                mark: number | null;
                            }[];
                            /** @description The `cursor` of the next page; null at the end of the list. */
                            next: string | null;
                        };
                    };
                };
                /** @description The answer is what `If-None-Match` names. */
                304: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content?: never;
                };
            };
        };
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/projects/{id}/quota": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** The quota of a project, how much of it is used, and its flag */
        get: {
            parameters: {
                query?: never;
                header?: never;
                path: {
                    /** @description The project, `registry/path`, URL-encoded. */
                    id: string;
                };
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                /** @description Default Response */
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": {
                            /** @description registry/path */
                            id: string;
                            /** @description `warning` from the first mark of the quota on, `over` past its limit, `ok` otherwise. */
                            flag: "ok" | "warning" | "over";
                            /** @description Since when it has this flag, RFC 3339. Null if it never had another. */
                            flagSince: string | null;
                            /** @description The limits of its quota, the fullest first. Empty if it has no quota. */
                            limits: {
                                /** @description What is measured: `unique`, `exclusive`, `referenced`, `tagged` or `stored` bytes, `tags`, or `manifests`. */
                                measure: string;
                                /** @description How much of it there is. Null if it is not known yet: `stored` needs a reconcile over storage. */
                                used: number | null;
                                /** @description How much there may be. */
                                limit: number;
                            }[];
                            /** @description The shares of a limit from which people are warned. */
                            warnAt: number[];
                            /** @description The limit in bytes of the configuration. Null if it has none. */
                            configuredLimitBytes: number | null;
                            /** @description What a person has set at run time. Null if nothing is set. */
                            override: {
                                /** @description The limit, in bytes. */
                                limit: number;
                                /** @description Who set it. Null if it is not kept. */
                                by: string | null;
                                /** @description Why. Null if nobody said. */
                                why: string | null;
                                /** @description Since when, RFC 3339. */
                                since: string;
                                /** @description When it ends, RFC 3339. Null: once it is removed. */
                                until: string | null;
                            } | null;
                        };
                    };
                };
            };
        };
        /**
         * Set the limit of a project at run time, in place of that of the configuration
         * @description It holds at once, in every process, and takes the place of one that was set before. The flag is looked at anew, also when it ends.
         */
        put: {
            parameters: {
                query?: never;
                header?: never;
                path: {
                    /** @description The project, `registry/path`, URL-encoded. */
                    id: string;
                };
                cookie?: never;
            };
            requestBody: {
                content: {
                    "application/json": {
                        /** @description The limit, such as 80GiB. A number is bytes. */
                        limit: string | number;
                        /** @description For how long, such as 7d. Default: until it is removed. */
                        for?: string;
                        /** @description Why. */
                        why?: string;
                        /** @description Who asks for it. It is not kept with `actors: false` in the configuration. */
                        by?: string;
                    };
                };
            };
            responses: {
                /** @description Default Response */
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": {
                            /** @description registry/path */
                            id: string;
                            /** @description `warning` from the first mark of the quota on, `over` past its limit, `ok` otherwise. */
                            flag: "ok" | "warning" | "over";
                            /** @description Since when it has this flag, RFC 3339. Null if it never had another. */
                            flagSince: string | null;
                            /** @description The limits of its quota, the fullest first. Empty if it has no quota. */
                            limits: {
                                /** @description What is measured: `unique`, `exclusive`, `referenced`, `tagged` or `stored` bytes, `tags`, or `manifests`. */
                                measure: string;
                                /** @description How much of it there is. Null if it is not known yet: `stored` needs a reconcile over storage. */
                                used: number | null;
                                /** @description How much there may be. */
                                limit: number;
                            }[];
                            /** @description The shares of a limit from which people are warned. */
                            warnAt: number[];
                            /** @description The limit in bytes of the configuration. Null if it has none. */
                            configuredLimitBytes: number | null;
                            /** @description What a person has set at run time. Null if nothing is set. */
                            override: {
                                /** @description The limit, in bytes. */
                                limit: number;
                                /** @description Who set it. Null if it is not kept. */
                                by: string | null;
                                /** @description Why. Null if nobody said. */
                                why: string | null;
                                /** @description Since when, RFC 3339. */
                                since: string;
                                /** @description When it ends, RFC 3339. Null: once it is removed. */
                                until: string | null;
                            } | null;
                        };
                    };
                };
            };
        };
        post?: never;
        /** Remove what was set at run time: the configuration counts again */
        delete: {
            parameters: {
                query?: never;
                header?: never;
                path: {
                    /** @description The project, `registry/path`, URL-encoded. */
                    id: string;
                };
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                /** @description Default Response */
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": {
                            /** @description registry/path */
                            id: string;
                            /** @description `warning` from the first mark of the quota on, `over` past its limit, `ok` otherwise. */
                            flag: "ok" | "warning" | "over";
                            /** @description Since when it has this flag, RFC 3339. Null if it never had another. */
                            flagSince: string | null;
                            /** @description The limits of its quota, the fullest first. Empty if it has no quota. */
                            limits: {
                                /** @description What is measured: `unique`, `exclusive`, `referenced`, `tagged` or `stored` bytes, `tags`, or `manifests`. */
                                measure: string;
                                /** @description How much of it there is. Null if it is not known yet: `stored` needs a reconcile over storage. */
                                used: number | null;
                                /** @description How much there may be. */
                                limit: number;
                            }[];
                            /** @description The shares of a limit from which people are warned. */
                            warnAt: number[];
                            /** @description The limit in bytes of the configuration. Null if it has none. */
                            configuredLimitBytes: number | null;
                            /** @description What a person has set at run time. Null if nothing is set. */
                            override: {
                                /** @description The limit, in bytes. */
                                limit: number;
                                /** @description Who set it. Null if it is not kept. */
                                by: string | null;
                                /** @description Why. Null if nobody said. */
                                why: string | null;
                                /** @description Since when, RFC 3339. */
                                since: string;
                                /** @description When it ends, RFC 3339. Null: once it is removed. */
                                until: string | null;
                            } | null;
                        };
                    };
                };
            };
        };
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/groups/{name}/quota": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** The quota of a group of projects, how much of it is used, and its flag */
        get: {
            parameters: {
                query?: never;
                header?: never;
                path: {
                    /** @description Its name in the configuration. */
                    name: string;
                };
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                /** @description Default Response */
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": {
                            /**
                             * @description What it is the quota of.
                             * @enum {unknown}
                             */
                            kind: "group" | "registry";
                            /** @description The name of the group or registry. */
                            id: string;
                            /** @description `warning` from the first mark of the quota on, `over` past its limit, `ok` otherwise. */
                            flag: "ok" | "warning" | "over";
                            /** @description Since when it has this flag, RFC 3339. Null if it never had another. */
                            flagSince: string | null;
                            /** @description The limits of its quota, the fullest first. Empty if it has no quota. */
                            limits: {
                                /** @description What is measured: `unique`, `exclusive`, `referenced`, `tagged` or `stored` bytes, `tags`, or `manifests`. */
                                measure: string;
                                /** @description How much of it there is. Null if it is not known yet: `stored` needs a reconcile over storage. */
                                used: number | null;
                                /** @description How much there may be. */
                                limit: number;
                            }[];
                            /** @description The shares of a limit from which people are warned. */
                            warnAt: number[];
                        };
                    };
                };
            };
        };
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/registries/{name}/quota": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** The quota of a registry as a whole, how much of it is used, and its flag */
        get: {
            parameters: {
                query?: never;
                header?: never;
                path: {
                    /** @description Its name in the configuration. */
                    name: string;
                };
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                /** @description Default Response */
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": {
                            /**
                             * @description What it is the quota of.
                             * @enum {unknown}
                             */
                            kind: "group" | "registry";
                            /** @description The name of the group or registry. */
                            id: string;
                            /** @description `warning` from the first mark of the quota on, `over` past its limit, `ok` otherwise. */
                            flag: "ok" | "warning" | "over";
                            /** @description Since when it has this flag, RFC 3339. Null if it never had another. */
                            flagSince: string | null;
                            /** @description The limits of its quota, the fullest first. Empty if it has no quota. */
                            limits: {
                                /** @description What is measured: `unique`, `exclusive`, `referenced`, `tagged` or `stored` bytes, `tags`, or `manifests`. */
                                measure: string;
                                /** @description How much of it there is. Null if it is not known yet: `stored` needs a reconcile over storage. */
                                used: number | null;
                                /** @description How much there may be. */
                                limit: number;
                            }[];
                            /** @description The shares of a limit from which people are warned. */
                            warnAt: number[];
                        };
                    };
                };
            };
        };
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/projects/{id}/forecast": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** How a project's usage will go on, and when it passes its quota */
        get: {
            parameters: {
                query?: {
                    /** @description The time to look at, such as 2027-06, 2027-06-15 or 2027-06-15T12:00:00Z, in UTC. Default: in 90 days. */
                    until?: string;
                };
                header?: never;
                path: {
                    /** @description registry/path, URL-encoded */
                    id: string;
                };
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                /** @description Default Response */
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": {
                            /**
                             * @description `noTrend`: it is not clear whether it grows. `tooLittle`: too few days have a sample.
                             * @enum {unknown}
                             */
                            kind: "growing" | "shrinking" | "noTrend" | "tooLittle";
                            /** @description The forecast in words. */
                            text: string;
                            /** @description The bytes now; of a group, at the last sample. Null: it has none yet. */
                            nowBytes: number | null;
                            /** @description The change in a day, in bytes. Null with too little data. */
                            bytesPerDay: {
                                /** @description Most likely not less. */
                                low: number;
                                /** @description Most likely. */
                                middle: number;
                                /** @description Most likely not more. */
                                high: number;
                            } | null;
                            /**
                             * Format: date-time
                             * @description The time of `bytesThen`.
                             */
                            until: string;
                            /** @description The bytes at that time. Null with too little data. */
                            bytesThen: {
                                /** @description Most likely not less. */
                                low: number;
                                /** @description Most likely. */
                                middle: number;
                                /** @description Most likely not more. */
                                high: number;
                            } | null;
                            /** @description The first day that counts for `bytesThen`. Null with too little data. */
                            since: string | null;
                            /** @description The thresholds of its quota, lowest first. Empty without a quota. */
                            thresholds: {
                                /** @description The share of the limit; 1 is the limit. */
                                share: number;
                                /** @description The threshold in bytes. */
                                bytes: number;
                                /** @description In how many days it may be passed. Null: not in sight. */
                                soonestDays: number | null;
                                /** @description In how many days it is most likely passed. Null: not in sight. */
                                likelyDays: number | null;
                                /** @description In how many days it is passed at the latest. Null: perhaps never. */
                                latestDays: number | null;
                                /** @description The same in words. */
                                text: string | null;
                            }[];
                        };
                    };
                };
            };
        };
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/registries/{name}/forecast": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * How much a registry will hold, and when it passes its quota
         * @description Of its unique bytes: each content counts once. A quota with `measure: stored` has no thresholds here.
         */
        get: {
            parameters: {
                query?: {
                    /** @description The time to look at, such as 2027-06, 2027-06-15 or 2027-06-15T12:00:00Z, in UTC. Default: in 90 days. */
                    until?: string;
                };
                header?: never;
                path: {
                    /** @description Its name in the configuration. */
                    name: string;
                };
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                /** @description Default Response */
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": {
                            /**
                             * @description `noTrend`: it is not clear whether it grows. `tooLittle`: too few days have a sample.
                             * @enum {unknown}
                             */
                            kind: "growing" | "shrinking" | "noTrend" | "tooLittle";
                            /** @description The forecast in words. */
                            text: string;
                            /** @description The bytes now; of a group, at the last sample. Null: it has none yet. */
                            nowBytes: number | null;
                            /** @description The change in a day, in bytes. Null with too little data. */
                            bytesPerDay: {
                                /** @description Most likely not less. */
                                low: number;
                                /** @description Most likely. */
                                middle: number;
                                /** @description Most likely not more. */
                                high: number;
                            } | null;
                            /**
                             * Format: date-time
                             * @description The time of `bytesThen`.
                             */
                            until: string;
                            /** @description The bytes at that time. Null with too little data. */
                            bytesThen: {
                                /** @description Most likely not less. */
                                low: number;
                                /** @description Most likely. */
                                middle: number;
                                /** @description Most likely not more. */
                                high: number;
                            } | null;
                            /** @description The first day that counts for `bytesThen`. Null with too little data. */
                            since: string | null;
                            /** @description The thresholds of its quota, lowest first. Empty without a quota. */
                            thresholds: {
                                /** @description The share of the limit; 1 is the limit. */
                                share: number;
                                /** @description The threshold in bytes. */
                                bytes: number;
                                /** @description In how many days it may be passed. Null: not in sight. */
                                soonestDays: number | null;
                                /** @description In how many days it is most likely passed. Null: not in sight. */
                                likelyDays: number | null;
                                /** @description In how many days it is passed at the latest. Null: perhaps never. */
                                latestDays: number | null;
                                /** @description The same in words. */
                                text: string | null;
                            }[];
                            /** @description What the storage holds beside this, and a collection of garbage would bring back. Null: its storage was not surveyed. */
                            garbage: {
                                /**
                                 * Format: date-time
                                 * @description When the storage was surveyed.
                                 */
                                at: string;
                                /** @description What a collection would free. */
                                bytes: number;
                                /** @description What of it undo needs: images that expiry deleted, and that can be brought back. */
                                undoableBytes: number;
                                /** @description By how many bytes a day it grows. Null: not known. */
                                bytesPerDay: number | null;
                                /** @description How much it is at `until`, if nothing is collected. Null: not known. */
                                bytesThen: number | null;
                            } | null;
                        };
                    };
                };
            };
        };
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/groups/{name}/forecast": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * How much a group of projects will hold, and when it passes its quota
         * @description Of the sum of its projects, as of the last full hour. Without a limit of unique, exclusive or referenced bytes, it has no thresholds and is told in unique bytes.
         */
        get: {
            parameters: {
                query?: {
                    /** @description The time to look at, such as 2027-06, 2027-06-15 or 2027-06-15T12:00:00Z, in UTC. Default: in 90 days. */
                    until?: string;
                };
                header?: never;
                path: {
                    /** @description Its name in the configuration. */
                    name: string;
                };
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                /** @description Default Response */
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": {
                            /**
                             * @description `noTrend`: it is not clear whether it grows. `tooLittle`: too few days have a sample.
                             * @enum {unknown}
                             */
                            kind: "growing" | "shrinking" | "noTrend" | "tooLittle";
                            /** @description The forecast in words. */
                            text: string;
                            /** @description The bytes now; of a group, at the last sample. Null: it has none yet. */
                            nowBytes: number | null;
                            /** @description The change in a day, in bytes. Null with too little data. */
                            bytesPerDay: {
                                /** @description Most likely not less. */
                                low: number;
                                /** @description Most likely. */
                                middle: number;
                                /** @description Most likely not more. */
                                high: number;
                            } | null;
                            /**
                             * Format: date-time
                             * @description The time of `bytesThen`.
                             */
                            until: string;
                            /** @description The bytes at that time. Null with too little data. */
                            bytesThen: {
                                /** @description Most likely not less. */
                                low: number;
                                /** @description Most likely. */
                                middle: number;
                                /** @description Most likely not more. */
                                high: number;
                            } | null;
                            /** @description The first day that counts for `bytesThen`. Null with too little data. */
                            since: string | null;
                            /** @description The thresholds of its quota, lowest first. Empty without a quota. */
                            thresholds: {
                                /** @description The share of the limit; 1 is the limit. */
                                share: number;
                                /** @description The threshold in bytes. */
                                bytes: number;
                                /** @description In how many days it may be passed. Null: not in sight. */
                                soonestDays: number | null;
                                /** @description In how many days it is most likely passed. Null: not in sight. */
                                likelyDays: number | null;
                                /** @description In how many days it is passed at the latest. Null: perhaps never. */
                                latestDays: number | null;
                                /** @description The same in words. */
                                text: string | null;
                            }[];
                        };
                    };
                };
            };
        };
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/alerts": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Alerts, newest first */
        get: {
            parameters: {
                query: {
                    /** @description Only alerts about this project, `registry/path`. */
                    project?: string;
                    /** @description How many there are on a page at most. */
                    limit: number;
                    /** @description `next` of the page before. */
                    cursor?: string;
                };
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                /** @description Default Response */
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": {
                            /** @description The alerts of the page. */
                            alerts: ((({
                                /** @description The same in every attempt to send the alert, so a receiver can drop repeated ones. */
                                id: string;
                                /** @description When the flag changed, RFC 3339. */
                                at: string;
                                /** @description `warning` from the first mark of the quota on, `over` past its limit, `ok` otherwise. */
                                from: "ok" | "warning" | "over";
                                /** @description `warning` from the first mark of the quota on, `over` past its limit, `ok` otherwise. */
                                to: "ok" | "warning" | "over";
                                /** @description It was told that it stays over, and it is not over any more. */
                                endsEscalation?: {
                                    /** @description The channels that were told, and are told now. */
                                    channels: string[];
                                };
                                /** @description The message for people. */
                                text: string;
                                /**
                                 * @description What is measured: bytes of one of these kinds, or numbers of tags or manifests. Of several limits, the fullest.
                                 * @enum {unknown}
                                 */
                                measure: "unique" | "exclusive" | "referenced" | "tagged" | "stored" | "tags" | "manifests";
                                /** @description How much of it there is. */
                                used: number;
                                /** @description How much there may be. */
                                limit: number;
                                /** @description The highest share of `warnAt` that is passed. Null if none is. */
                                mark: number | null;
                                /** @description It stays over: the flag did not change. */
                                escalation?: {
                                    /** @description The channels that are told, and no others. */
                                    channels: string[];
                                };
                                /** @description The override that the limit is of. */
                                override?: {
                                    /** @description The limit, in bytes. */
                                    limit: number;
                                    /** @description Who set it. Null if it is not kept. */
                                    by: string | null;
                                    /** @description Why. Null if nobody said. */
                                    why: string | null;
                                    /** @description Since when, RFC 3339. */
                                    since: string;
                                    /** @description When it ends, RFC 3339. Null: once it is removed. */
                                    until: string | null;
                                };
                                /** @description The project's path in its registry, such as `team-a/app`. */
                                project: string;
                                /** @description The registry, by its name in the configuration. */
                                registry: string;
                                /** @description Who made the last push to the project. Absent if it is not known. */
                                lastPushedBy?: string;
                                /** @description How much it grew. Absent without a sample from then. */
                                growth?: {
                                    /** @description By how many bytes its unique bytes changed. */
                                    bytes: number;
                                    /** @description Since when, RFC 3339. */
                                    since: string;
                                };
                                /** @description The pushes of the last seven days that added most. */
                                pushes?: {
                                    /** @description The image, as `repository:tag` or `repository@digest`. */
                                    image: string;
                                    /** @description When it was pushed, RFC 3339. */
                                    at: string;
                                    /** @description Who pushed it. Absent if it is not known. */
                                    by?: string;
                                    /** @description The unique bytes that are there only since this push. */
                                    bytes: number;
                                }[];
                                /** @description The unique bytes of the last eight days, the oldest first. Null: there is no sample. */
                                history?: (number | null)[];
                                /** @description What a run of its expiry policies would delete now, `mode: plan` or not. Absent if no policy is about it, or if that was not known in time. */
                                frees?: {
                                    /** @description By how many bytes its unique bytes would fall. */
                                    bytes: number;
                                    /** @description How many images would be deleted. */
                                    images: number;
                                    /** @description The names of the policies. */
                                    policies: string[];
                                    /** @description False if it may be another number: an image was not read yet, or events wait. */
                                    isExact: boolean;
                                };
                            } | {
                                /** @description The same in every attempt to send the alert, so a receiver can drop repeated ones. */
                                id: string;
                                /** @description When the flag changed, RFC 3339. */
                                at: string;
                                /** @description `warning` from the first mark of the quota on, `over` past its limit, `ok` otherwise. */
                                from: "ok" | "warning" | "over";
                                /** @description `warning` from the first mark of the quota on, `over` past its limit, `ok` otherwise. */
                                to: "ok" | "warning" | "over";
                                /** @description It was told that it stays over, and it is not over any more. */
                                endsEscalation?: {
                                    /** @description The channels that were told, and are told now. */
                                    channels: string[];
                                };
                                /** @description The message for people. */
                                text: string;
                                /**
                                 * @description What is measured: bytes of one of these kinds, or numbers of tags or manifests. Of several limits, the fullest.
                                 * @enum {unknown}
                                 */
                                measure: "unique" | "exclusive" | "referenced" | "tagged" | "stored" | "tags" | "manifests";
                                /** @description How much of it there is. */
                                used: number;
                                /** @description How much there may be. */
                                limit: number;
                                /** @description The highest share of `warnAt` that is passed. Null if none is. */
                                mark: number | null;
                                /** @description It stays over: the flag did not change. */
                                escalation?: {
                                    /** @description The channels that are told, and no others. */
                                    channels: string[];
                                };
                                /** @description The override that the limit is of. */
                                override?: {
                                    /** @description The limit, in bytes. */
                                    limit: number;
                                    /** @description Who set it. Null if it is not kept. */
                                    by: string | null;
                                    /** @description Why. Null if nobody said. */
                                    why: string | null;
                                    /** @description Since when, RFC 3339. */
                                    since: string;
                                    /** @description When it ends, RFC 3339. Null: once it is removed. */
                                    until: string | null;
                                };
                                /** @description The name of the group. */
                                group: string;
                                /** @description The ids of its ten largest projects, `registry/path`, and then of those of its last alert, if it was not `ok`. It goes to channels of one of these. */
                                projects: string[];
                            } | {
                                /** @description The same in every attempt to send the alert, so a receiver can drop repeated ones. */
                                id: string;
                                /** @description When the flag changed, RFC 3339. */
                                at: string;
                                /** @description `warning` from the first mark of the quota on, `over` past its limit, `ok` otherwise. */
                                from: "ok" | "warning" | "over";
                                /** @description `warning` from the first mark of the quota on, `over` past its limit, `ok` otherwise. */
                                to: "ok" | "warning" | "over";
                                /** @description It was told that it stays over, and it is not over any more. */
                                endsEscalation?: {
                                    /** @description The channels that were told, and are told now. */
                                    channels: string[];
                                };
                                /** @description The message for people. */
                                text: string;
                                /**
                                 * @description What is measured: bytes of one of these kinds, or numbers of tags or manifests. Of several limits, the fullest.
                                 * @enum {unknown}
                                 */
                                measure: "unique" | "exclusive" | "referenced" | "tagged" | "stored" | "tags" | "manifests";
                                /** @description How much of it there is. */
                                used: number;
                                /** @description How much there may be. */
                                limit: number;
                                /** @description The highest share of `warnAt` that is passed. Null if none is. */
                                mark: number | null;
                                /** @description It stays over: the flag did not change. */
                                escalation?: {
                                    /** @description The channels that are told, and no others. */
                                    channels: string[];
                                };
                                /** @description The override that the limit is of. */
                                override?: {
                                    /** @description The limit, in bytes. */
                                    limit: number;
                                    /** @description Who set it. Null if it is not kept. */
                                    by: string | null;
                                    /** @description Why. Null if nobody said. */
                                    why: string | null;
                                    /** @description Since when, RFC 3339. */
                                    since: string;
                                    /** @description When it ends, RFC 3339. Null: once it is removed. */
                                    until: string | null;
                                };
                                /** @description The registry, by its name in the configuration. */
                                registry: string;
                            }) | ({
                                /** @description The same in every attempt to send the alert, so a receiver can drop repeated ones. */
                                id: string;
                                /** @description When the flag changed, RFC 3339. */
                                at: string;
                                /** @description `warning` from the first mark of the quota on, `over` past its limit, `ok` otherwise. */
                                from: "ok" | "warning" | "over";
                                /** @description `warning` from the first mark of the quota on, `over` past its limit, `ok` otherwise. */
                                to: "ok" | "warning" | "over";
                                /** @description It was told that it stays over, and it is not over any more. */
                                endsEscalation?: {
                                    /** @description The channels that were told, and are told now. */
                                    channels: string[];
                                };
                                /** @description The message for people. */
                                text: string;
                                /**
                                 * @description Why the flag is `ok`: there is no quota any more.
                                 * @enum {unknown}
                                 */
                                reason: "quota removed";
                                /** @description The project's path in its registry, such as `team-a/app`. */
                                project: string;
                                /** @description The registry, by its name in the configuration. */
                                registry: string;
                            } | {
                                /** @description The same in every attempt to send the alert, so a receiver can drop repeated ones. */
                                id: string;
                                /** @description When the flag changed, RFC 3339. */
                                at: string;
                                /** @description `warning` from the first mark of the quota on, `over` past its limit, `ok` otherwise. */
                                from: "ok" | "warning" | "over";
                                /** @description `warning` from the first mark of the quota on, `over` past its limit, `ok` otherwise. */
                                to: "ok" | "warning" | "over";
                                /** @description It was told that it stays over, and it is not over any more. */
                                endsEscalation?: {
                                    /** @description The channels that were told, and are told now. */
                                    channels: string[];
                                };
                                /** @description The message for people. */
                                text: string;
                                /**
                                 * @description Why the flag is `ok`: there is no quota any more.
                                 * @enum {unknown}
                                 */
                                reason: "quota removed";
                                /** @description The name of the group. */
                                group: string;
                                /** @description The ids of its ten largest projects, `registry/path`, and then of those of its last alert, if it was not `ok`. It goes to channels of one of these. */
                                projects: string[];
                            } | {
                                /** @description The same in every attempt to send the alert, so a receiver can drop repeated ones. */
                                id: string;
                                /** @description When the flag changed, RFC 3339. */
                                at: string;
                                /** @description `warning` from the first mark of the quota on, `over` past its limit, `ok` otherwise. */
                                from: "ok" | "warning" | "over";
                                /** @description `warning` from the first mark of the quota on, `over` past its limit, `ok` otherwise. */
                                to: "ok" | "warning" | "over";
                                /** @description It was told that it stays over, and it is not over any more. */
                                endsEscalation?: {
                                    /** @description The channels that were told, and are told now. */
                                    channels: string[];
                                };
                                /** @description The message for people. */
                                text: string;
                                /**
                                 * @description Why the flag is `ok`: there is no quota any more.
                                 * @enum {unknown}
                                 */
                                reason: "quota removed";
                                /** @description The registry, by its name in the configuration. */
                                registry: string;
                            })) | ({
                                /** @description The same in every attempt to send the alert, so a receiver can drop repeated ones. */
                                id: string;
                                /** @description When that was found, RFC 3339. */
                                at: string;
                                /**
                                 * @description What a forecast says of its quota.
                                 * @enum {unknown}
                                 */
                                event: "quota.forecast";
                                /**
                                 * @description `soon`: it will likely pass its limit within `willExceedWithin`. `notSoon`: it will not any more.
                                 * @enum {unknown}
                                 */
                                state: "soon" | "notSoon";
                                /** @description In how many days it most likely passes the limit. Null: not in sight. */
                                days: number | null;
                                /** @description Bytes that count against the quota. */
                                usedBytes: number;
                                /** @description The quota's limit, in bytes. */
                                limitBytes: number;
                                /** @description By how many bytes a day it grows. Null: there is too little data since a clean-up. */
                                bytesPerDay: number | null;
                                /** @description The message for people. */
                                text: string;
                                /** @description The project's path in its registry, such as `team-a/app`. */
                                project: string;
                                /** @description The registry, by its name in the configuration. */
                                registry: string;
                                /** @description How much it grew. Absent without a sample from then. */
                                growth?: {
                                    /** @description By how many bytes its unique bytes changed. */
                                    bytes: number;
                                    /** @description Since when, RFC 3339. */
                                    since: string;
                                };
                                /** @description The pushes of the last seven days that added most. */
                                pushes?: {
                                    /** @description The image, as `repository:tag` or `repository@digest`. */
                                    image: string;
                                    /** @description When it was pushed, RFC 3339. */
                                    at: string;
                                    /** @description Who pushed it. Absent if it is not known. */
                                    by?: string;
                                    /** @description The unique bytes that are there only since this push. */
                                    bytes: number;
                                }[];
                                /** @description The unique bytes of the last eight days, the oldest first. Null: there is no sample. */
                                history?: (number | null)[];
                                /** @description What a run of its expiry policies would delete now, `mode: plan` or not. Absent if no policy is about it, or if that was not known in time. */
                                frees?: {
                                    /** @description By how many bytes its unique bytes would fall. */
                                    bytes: number;
                                    /** @description How many images would be deleted. */
                                    images: number;
                                    /** @description The names of the policies. */
                                    policies: string[];
                                    /** @description False if it may be another number: an image was not read yet, or events wait. */
                                    isExact: boolean;
                                };
                            } | {
                                /** @description The same in every attempt to send the alert, so a receiver can drop repeated ones. */
                                id: string;
                                /** @description When that was found, RFC 3339. */
                                at: string;
                                /**
                                 * @description What a forecast says of its quota.
                                 * @enum {unknown}
                                 */
                                event: "quota.forecast";
                                /**
                                 * @description `soon`: it will likely pass its limit within `willExceedWithin`. `notSoon`: it will not any more.
                                 * @enum {unknown}
                                 */
                                state: "soon" | "notSoon";
                                /** @description In how many days it most likely passes the limit. Null: not in sight. */
                                days: number | null;
                                /** @description Bytes that count against the quota. */
                                usedBytes: number;
                                /** @description The quota's limit, in bytes. */
                                limitBytes: number;
                                /** @description By how many bytes a day it grows. Null: there is too little data since a clean-up. */
                                bytesPerDay: number | null;
                                /** @description The message for people. */
                                text: string;
                                /** @description The name of the group. */
                                group: string;
                                /** @description The ids of its ten largest projects, `registry/path`, and then of those of its last alert, if it was not `ok`. It goes to channels of one of these. */
                                projects: string[];
                            } | {
                                /** @description The same in every attempt to send the alert, so a receiver can drop repeated ones. */
                                id: string;
                                /** @description When that was found, RFC 3339. */
                                at: string;
                                /**
                                 * @description What a forecast says of its quota.
                                 * @enum {unknown}
                                 */
                                event: "quota.forecast";
                                /**
                                 * @description `soon`: it will likely pass its limit within `willExceedWithin`. `notSoon`: it will not any more.
                                 * @enum {unknown}
                                 */
                                state: "soon" | "notSoon";
                                /** @description In how many days it most likely passes the limit. Null: not in sight. */
                                days: number | null;
                                /** @description Bytes that count against the quota. */
                                usedBytes: number;
                                /** @description The quota's limit, in bytes. */
                                limitBytes: number;
                                /** @description By how many bytes a day it grows. Null: there is too little data since a clean-up. */
                                bytesPerDay: number | null;
                                /** @description The message for people. */
                                text: string;
                                /** @description The registry, by its name in the configuration. */
                                registry: string;
                            }) | {
                                /** @description The same in every attempt to send the alert, so a receiver can drop repeated ones. */
                                id: string;
                                /** @description When the run was asked for that announces or has deleted them, RFC 3339. */
                                at: string;
                                /** @description The project's path in its registry, such as `team-a/app`. */
                                project: string;
                                /** @description The registry, by its name in the configuration. */
                                registry: string;
                                /**
                                 * @description `expiry.notice`: they will expire. `expiry.done`: they have expired.
                                 * @enum {unknown}
                                 */
                                event: "expiry.notice" | "expiry.done";
                                /** @description The name of the policy. */
                                policy: string;
                                /** @description How many images, also those that belong to another one. */
                                images: number;
                                /** @description How many tags go alone: their images stay for other tags. */
                                tags?: number;
                                /** @description Bytes that the registry can free with them. */
                                bytes: number;
                                /** @description Some of them, as `repository:tag` or `repository@digest`. */
                                examples: string[];
                                /** @description Until when they are safe and can be rescued, RFC 3339. Only of a notice. */
                                until?: string;
                                /** @description The message for people. */
                                text: string;
                            } | {
                                /** @description The same in every attempt to send the alert, so a receiver can drop repeated ones. */
                                id: string;
                                /** @description When it happened, RFC 3339. */
                                at: string;
                                /** @description The project's path in its registry, such as `team-a/app`. */
                                project: string;
                                /** @description The registry, by its name in the configuration. */
                                registry: string;
                                /**
                                 * @description `promotion.failed`: it did not arrive, and is not tried again. `promotion.approval`: it waits for people who approve it.
                                 * @enum {unknown}
                                 */
                                event: "promotion.failed" | "promotion.approval";
                                /** @description The id of the promotion. */
                                promotion: string;
                                /** @description The name of the rule. Absent if there is none. */
                                rule?: string;
                                /** @description The image, as `repository:tag` or `repository@digest`. */
                                image: string;
                                /** @description Where it was to be copied to, `registry/repository:tag`. */
                                target: string;
                                /** @description The message for people. */
                                text: string;
                            } | {
                                /** @description The same in every attempt to send the alert, so a receiver can drop repeated ones. */
                                id: string;
                                /** @description When it happened, RFC 3339. */
                                at: string;
                                /** @description The registry, by its name in the configuration. */
                                registry: string;
                                /**
                                 * @description `reconcile.held`: a reconcile would remove too much, and removed nothing. `expiry.held`: a policy would delete too many images or tags of a project, and deletes no more there. `expiry.blocked`: a run deleted nothing, or no more, since a source of what is protected cannot be read. `inUse.missing`: a source of `expiry.inUse` names images that the registry does not have. `collection.advised`: a collection of garbage would pay. `collection.done`, `collection.failed`: one has ended. `collection.held`: the registry is still read-only after one. `collection.released`: it takes writes again after that. `deliveries.lost`: events of the registry did not arrive. `deliveries.growing`, `deliveries.drained`: events wait in its queue, and none does any more. `deliveries.unread`, `deliveries.read`: its metrics cannot be read for long, and can be read again. `images.broken`: images of the registry are not whole. `images.whole`: none is broken any more.
                                 * @enum {unknown}
                                 */
                                event: "reconcile.held" | "expiry.held" | "expiry.blocked" | "inUse.missing" | "collection.advised" | "collection.done" | "collection.failed" | "collection.held" | "collection.released" | "deliveries.lost" | "deliveries.growing" | "deliveries.drained" | "deliveries.unread" | "deliveries.read" | "images.broken" | "images.whole";
                                /** @description The message for people. */
                                text: string;
                            })[];
                            /** @description The `cursor` of the next page; null at the end of the list. */
                            next: string | null;
                        };
                    };
                };
            };
        };
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/alerts/snoozes": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Projects whose alerts are not sent for a time */
        get: {
            parameters: {
                query?: never;
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                /** @description Default Response */
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": {
                            /** @description All of them, by project. */
                            snoozes: {
                                /** @description The project, `registry/path`. */
                                project: string;
                                /** @description When it was asked for, RFC 3339. */
                                since: string;
                                /** @description When it ends, RFC 3339. */
                                until: string;
                                /** @description Who asked for it, by their own word. Null if it is not known. */
                                by: string | null;
                                /** @description Why, by their own word. Null if they gave no reason. */
                                why: string | null;
                            }[];
                        };
                    };
                };
            };
        };
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/alerts/snoozes/{project}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        /**
         * Send no alerts about a project for a time
         * @description The alerts are recorded. At the end of the time, the state of the project is told if it was not told before. It takes the place of an earlier snooze of the project.
         */
        put: {
            parameters: {
                query?: never;
                header?: never;
                path: {
                    /** @description The project, `registry/path`. */
                    project: string;
                };
                cookie?: never;
            };
            requestBody: {
                content: {
                    "application/json": {
                        /** @description For how long, such as 3d; 90d at most. */
                        for: string;
                        /** @description Why. */
                        why?: string;
                        /** @description Who asks for it. It is not kept with `actors: false` in the configuration. */
                        by?: string;
                    };
                };
            };
            responses: {
                /** @description Default Response */
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": {
                            /** @description The project, `registry/path`. */
                            project: string;
                            /** @description When it was asked for, RFC 3339. */
                            since: string;
                            /** @description When it ends, RFC 3339. */
                            until: string;
                            /** @description Who asked for it, by their own word. Null if it is not known. */
                            by: string | null;
                            /** @description Why, by their own word. Null if they gave no reason. */
                            why: string | null;
                        };
                    };
                };
            };
        };
        post?: never;
        /**
         * End a snooze
         * @description Within about a minute, the state of the project is told if it was not told before.
         */
        delete: {
            parameters: {
                query?: never;
                header?: never;
                path: {
                    /** @description The project, `registry/path`. */
                    project: string;
                };
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                /** @description Default Response */
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": {
                            /** @description The project, `registry/path`. */
                            project: string;
                            /** @description When it was asked for, RFC 3339. */
                            since: string;
                            /** @description When it ends, RFC 3339. */
                            until: string;
                            /** @description Who asked for it, by their own word. Null if it is not known. */
                            by: string | null;
                            /** @description Why, by their own word. Null if they gave no reason. */
                            why: string | null;
                        };
                    };
                };
            };
        };
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/alerts/deliveries": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * What was sent to the channels of alerts, and what they answered, newest first
         * @description About the newest 5,000 are kept.
         */
        get: {
            parameters: {
                query: {
                    /** @description How many there are on a page at most. */
                    limit: number;
                    /** @description `next` of the page before. */
                    cursor?: string;
                };
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                /** @description Default Response */
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": {
                            /** @description The deliveries of the page. */
                            deliveries: {
                                /** @description When the channel answered, RFC 3339. */
                                at: string;
                                /** @description The name of the channel. */
                                channel: string;
                                /** @description The id of the message: that of the alert, of a summary or of a test. */
                                message: string;
                                /** @description The kind of the message, such as `quota.over`. */
                                type: string;
                                /** @description What it is about. */
                                subject: string;
                                /** @description The project that it is about, `registry/path`. Absent if it is about no project alone. */
                                project?: string;
                                /** @description What it says, in a line. */
                                text: string;
                                /**
                                 * @description `accepted`: the channel has it. `failed`: the first attempt failed, and it is sent again. `refused`: for good. `overtaken`: not sent, since a newer or more urgent one was to be sent, or all was again as before. `given up`: no attempt is left.
                                 * @enum {unknown}
                                 */
                                result: "accepted" | "failed" | "refused" | "overtaken" | "given up";
                                /** @description What went wrong; null if nothing did. */
                                answer: string | null;
                                /** @description Which attempt it was, from 1. */
                                attempt: number;
                            }[];
                            /** @description The `cursor` of the next page; null at the end of the list. */
                            next: string | null;
                        };
                    };
                };
            };
        };
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/alerts/channels": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** The channels for alerts, and what was sent to each last */
        get: {
            parameters: {
                query?: never;
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                /** @description Default Response */
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": {
                            /** @description As configured. */
                            channels: {
                                /** @description Its name in the configuration. */
                                name: string;
                                /** @description What it is, such as `slack` or `irc`. */
                                type: string;
                                /** @description Globs over `registry/path` for the projects whose alerts it gets. */
                                projects: string[];
                                /** @description The kinds of alerts that it gets, or globs for them. */
                                kinds: string[];
                                /** @description How urgent an alert must be to go there. */
                                severity: string;
                                /** @description Whether it has quiet hours now. */
                                isQuiet: boolean;
                                /** @description What was sent to it last. Null if that is not among the newest deliveries. */
                                last: {
                                    /** @description When the channel answered, RFC 3339. */
                                    at: string;
                                    /** @description The name of the channel. */
                                    channel: string;
                                    /** @description The id of the message: that of the alert, of a summary or of a test. */
                                    message: string;
                                    /** @description The kind of the message, such as `quota.over`. */
                                    type: string;
                                    /** @description What it is about. */
                                    subject: string;
                                    /** @description The project that it is about, `registry/path`. Absent if it is about no project alone. */
                                    project?: string;
                                    /** @description What it says, in a line. */
                                    text: string;
                                    /**
                                     * @description `accepted`: the channel has it. `failed`: the first attempt failed, and it is sent again. `refused`: for good. `overtaken`: not sent, since a newer or more urgent one was to be sent, or all was again as before. `given up`: no attempt is left.
                                     * @enum {unknown}
                                     */
                                    result: "accepted" | "failed" | "refused" | "overtaken" | "given up";
                                    /** @description What went wrong; null if nothing did. */
                                    answer: string | null;
                                    /** @description Which attempt it was, from 1. */
                                    attempt: number;
                                } | null;
                            }[];
                        };
                    };
                };
            };
        };
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/alerts/channels/{name}/test": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Send a harmless message to a channel
         * @description A worker sends it at once, past alerts that wait. It is tried once: the job fails with what the channel answered if that does not accept it.
         */
        post: {
            parameters: {
                query?: never;
                header?: never;
                path: {
                    /** @description The name of the channel. */
                    name: string;
                };
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                /** @description Default Response */
                202: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": {
                            /** @description The job. `GET /v1/jobs/:queue/:id` tells its progress. */
                            job: {
                                /** @description The queue that it is in. */
                                queue: string;
                                /** @description The id of the job in its queue. */
                                id: string;
                            };
                        };
                    };
                };
            };
        };
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/promotions": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Receipts of promotions, newest first */
        get: {
            parameters: {
                query: {
                    /** @description How many there are on a page at most. */
                    limit: number;
                    /** @description `next` of the page before. */
                    cursor?: string;
                };
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                /** @description Default Response */
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": {
                            /** @description The receipts of the page. */
                            promotions: {
                                /** @description The id of the promotion, or of the rollback. */
                                id: string;
                                /**
                                 * @description `promotion`: an image was copied. `rollback`: a tag was put back where it was before a promotion.
                                 * @enum {unknown}
                                 */
                                kind: "promotion" | "rollback";
                                /** @description The id of the promotion that a rollback undid. */
                                rolledBack?: string;
                                /** @description When it ended, RFC 3339. */
                                at: string;
                                /** @description When it was asked for, RFC 3339. */
                                askedAt: string;
                                /** @description The name of the rule. Absent if a person asked without one. */
                                rule?: string;
                                /** @description Who or what asked for it. */
                                by: string;
                                /** @description What the token of a CI job said of it. */
                                claims?: {
                                    [key: string]: string;
                                };
                                /** @description What was copied; of a rollback, by the promotion that it undid. */
                                from: {
                                    /** @description Its name in the configuration. */
                                    registry: string;
                                    /** @description The name in the registry. */
                                    repository: string;
                                    /** @description The tag, if it was promoted by its tag. */
                                    tag?: string;
                                };
                                /** @description The copy. */
                                to: {
                                    /** @description Its name in the configuration. */
                                    registry: string;
                                    /** @description The name in the registry. */
                                    repository: string;
                                    /** @description The tag. */
                                    tag: string;
                                };
                                /** @description The manifest that the tag names. Absent if a rollback deleted the tag. */
                                digest?: string;
                                /** @description The manifest that the tag named before. Absent if there was no tag. */
                                replaced?: string;
                                /** @description Platforms that what the tag named before is for, and the image is not: `linux/arm64`. Absent if there are none. */
                                lostPlatforms?: string[];
                                /** @description The digests of all manifests of the image, children before their index. */
                                manifests: string[];
                                /** @description Children of an index that the source does not have. */
                                absent: string[];
                                /** @description Children of an index that are for other platforms than the rule names. */
                                leftOut: string[];
                                /** @description Signatures and other artifacts that were copied with it. */
                                referrers: {
                                    /** @description The manifest that refers. */
                                    digest: string;
                                    /** @description To which it refers. */
                                    subject: string;
                                    /** @description What it is. */
                                    artifactType?: string;
                                }[];
                                /** @description Its `sha256-…` tags at the target. */
                                tags: {
                                    /** @description The tag. */
                                    tag: string;
                                    /** @description What it names at the target. */
                                    digest: string;
                                    /**
                                     * @description `kept`: the target had another one there, with content that the source does not have.
                                     * @enum {unknown}
                                     */
                                    outcome: "written" | "present" | "kept";
                                }[];
                                /** @description What the source lists as referring to it, and cannot give. */
                                leftBehind: {
                                    /** @description The manifest. */
                                    digest: string;
                                    /** @description Why it was not copied. */
                                    reason: string;
                                }[];
                                /** @description How the blobs came to the target. */
                                blobs: {
                                    /** @description Sent to the target. */
                                    sent: {
                                        /** @description How many blobs. */
                                        count: number;
                                        /** @description Their sizes, in bytes. */
                                        bytes: number;
                                    };
                                    /** @description Taken by the target from another repository of its own. */
                                    mounted: {
                                        /** @description How many blobs. */
                                        count: number;
                                        /** @description Their sizes, in bytes. */
                                        bytes: number;
                                    };
                                    /** @description At the target before. */
                                    present: {
                                        /** @description How many blobs. */
                                        count: number;
                                        /** @description Their sizes, in bytes. */
                                        bytes: number;
                                    };
                                };
                                /** @description The gates of the rule, and why they were open. */
                                gates: {
                                    /** @description The name of the gate. */
                                    gate: string;
                                    /** @description Why it is open. */
                                    why: string;
                                    /** @description What it saw. */
                                    evidence?: unknown;
                                }[];
                            }[];
                            /** @description The `cursor` of the next page; null at the end of the list. */
                            next: string | null;
                        };
                    };
                };
            };
        };
        put?: never;
        /**
         * Ask for a promotion
         * @description The image is looked up at its registry, and promoted by its digest. A rule that copies it to this registry says its name there, its gates and the rest, also a rule with `when: request`. Without such a rule it gets the same name, and this needs `admin` over all projects. While the same promotion is in hand or waits, the answer is that one.
         */
        post: {
            parameters: {
                query?: never;
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody: {
                content: {
                    "application/json": {
                        /** @description `registry/repository:tag`, or `registry/repository@digest`. The registry by its name in the configuration. */
                        image: string;
                        /** @description The target: a registry by its name in the configuration. */
                        to: string;
                        /** @description The name of the rule. Needed if several copy the image to this registry. */
                        rule?: string;
                        /** @description Its name at the target, `repository:tag`. Then no rule applies, and no gate. Needs `admin` over all projects. */
                        as?: string;
                        /** @description Whether the image may be one that an index lists. Default: it is refused. */
                        child?: boolean;
                        /**
                         * @description Whether a tag that names another image is moved. Default: as the rule says; without a rule, never. Needs `admin` over all projects.
                         * @enum {unknown}
                         */
                        overwrite?: "never" | "always" | "newer";
                    };
                };
            };
            responses: {
                /** @description Default Response */
                202: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": {
                            /** @description The job. `GET /v1/jobs/:queue/:id` tells its progress. */
                            job: {
                                /** @description The queue that it is in. */
                                queue: string;
                                /** @description The id of the job in its queue. */
                                id: string;
                            };
                        };
                    };
                };
            };
        };
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/promotions/undone": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Promotions that have not arrived
         * @description Failed ones are listed newest first, those that wait in the order in which they go on. A page may have fewer than `limit`. While promotions come and go, one may be on two pages, or on none.
         */
        get: {
            parameters: {
                query: {
                    /** @description `waiting`: for a gate, for their tag, or for another attempt. `active`: in hand. `failed`: given up. */
                    state: "waiting" | "active" | "failed";
                    /** @description How many there are on a page at most. */
                    limit: number;
                    /** @description `next` of the page before. */
                    cursor?: string;
                };
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                /** @description Default Response */
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": {
                            /** @description The promotions of the page. */
                            promotions: {
                                /** @description The id of the promotion. */
                                id: string;
                                /**
                                 * @description `queued`: its turn has not come. `active`: it is in hand. `waiting`: it goes on later; `why` says what it waits for. `promoted`: it has arrived. `dropped`: nobody wants it any more, since its tag names another image by now, say. `failed`: it did not arrive and is not tried again.
                                 * @enum {unknown}
                                 */
                                state: "queued" | "active" | "waiting" | "promoted" | "dropped" | "failed";
                                /** @description Why it waits, was dropped or failed. */
                                why?: string;
                                /** @description The image, `registry/repository:tag` or `registry/repository@digest`. */
                                image: string;
                                /** @description The manifest that the tag names. Absent if a rollback deleted the tag. */
                                digest?: string;
                                /** @description Where it goes to, `registry/repository:tag`. */
                                target: string;
                                /** @description The name of the rule. Absent if it was asked for without one. */
                                rule?: string;
                                /** @description Who or what asked for it. */
                                by: string;
                                /** @description When it was asked for, RFC 3339. */
                                askedAt: string;
                                /** @description What its job says, until it is done. */
                                progress?: {
                                    /** @description From when its waiting counts, epoch ms, if somebody has retried it. */
                                    since?: number;
                                    /** @description Why it waits. */
                                    why?: string;
                                    /** @description Since when the source has had the tag on the image, epoch ms, as Tallyman looked. */
                                    seenAt?: number;
                                    /** @description What its gates say. */
                                    gates?: {
                                        /** @description The name of the gate. */
                                        gate: string;
                                        /**
                                         * @description Whether it lets the image pass.
                                         * @enum {unknown}
                                         */
                                        state: "open" | "waiting" | "closed";
                                        /** @description Why. */
                                        why: string;
                                    }[];
                                    /** @description Whether chat was told that it waits for people. */
                                    announced?: boolean;
                                    /** @description Bytes of blobs that are at the target. */
                                    bytes?: number;
                                    /** @description Bytes of the image, as far as its manifests are known. */
                                    totalBytes?: number;
                                };
                                /** @description What it did, once it has arrived. */
                                receipt?: {
                                    /** @description The id of the promotion, or of the rollback. */
                                    id: string;
                                    /**
                                     * @description `promotion`: an image was copied. `rollback`: a tag was put back where it was before a promotion.
                                     * @enum {unknown}
                                     */
                                    kind: "promotion" | "rollback";
                                    /** @description The id of the promotion that a rollback undid. */
                                    rolledBack?: string;
                                    /** @description When it ended, RFC 3339. */
                                    at: string;
                                    /** @description When it was asked for, RFC 3339. */
                                    askedAt: string;
                                    /** @description The name of the rule. Absent if a person asked without one. */
                                    rule?: string;
                                    /** @description Who or what asked for it. */
                                    by: string;
                                    /** @description What the token of a CI job said of it. */
                                    claims?: {
                                        [key: string]: string;
                                    };
                                    /** @description What was copied; of a rollback, by the promotion that it undid. */
                                    from: {
                                        /** @description Its name in the configuration. */
                                        registry: string;
                                        /** @description The name in the registry. */
                                        repository: string;
                                        /** @description The tag, if it was promoted by its tag. */
                                        tag?: string;
                                    };
                                    /** @description The copy. */
                                    to: {
                                        /** @description Its name in the configuration. */
                                        registry: string;
                                        /** @description The name in the registry. */
                                        repository: string;
                                        /** @description The tag. */
                                        tag: string;
                                    };
                                    /** @description The manifest that the tag names. Absent if a rollback deleted the tag. */
                                    digest?: string;
                                    /** @description The manifest that the tag named before. Absent if there was no tag. */
                                    replaced?: string;
                                    /** @description Platforms that what the tag named before is for, and the image is not: `linux/arm64`. Absent if there are none. */
                                    lostPlatforms?: string[];
                                    /** @description The digests of all manifests of the image, children before their index. */
                                    manifests: string[];
                                    /** @description Children of an index that the source does not have. */
                                    absent: string[];
                                    /** @description Children of an index that are for other platforms than the rule names. */
                                    leftOut: string[];
                                    /** @description Signatures and other artifacts that were copied with it. */
                                    referrers: {
                                        /** @description The manifest that refers. */
                                        digest: string;
                                        /** @description To which it refers. */
                                        subject: string;
                                        /** @description What it is. */
                                        artifactType?: string;
                                    }[];
                                    /** @description Its `sha256-…` tags at the target. */
                                    tags: {
                                        /** @description The tag. */
                                        tag: string;
                                        /** @description What it names at the target. */
                                        digest: string;
                                        /**
                                         * @description `kept`: the target had another one there, with content that the source does not have.
                                         * @enum {unknown}
                                         */
                                        outcome: "written" | "present" | "kept";
                                    }[];
                                    /** @description What the source lists as referring to it, and cannot give. */
                                    leftBehind: {
                                        /** @description The manifest. */
                                        digest: string;
                                        /** @description Why it was not copied. */
                                        reason: string;
                                    }[];
                                    /** @description How the blobs came to the target. */
                                    blobs: {
                                        /** @description Sent to the target. */
                                        sent: {
                                            /** @description How many blobs. */
                                            count: number;
                                            /** @description Their sizes, in bytes. */
                                            bytes: number;
                                        };
                                        /** @description Taken by the target from another repository of its own. */
                                        mounted: {
                                            /** @description How many blobs. */
                                            count: number;
                                            /** @description Their sizes, in bytes. */
                                            bytes: number;
                                        };
                                        /** @description At the target before. */
                                        present: {
                                            /** @description How many blobs. */
                                            count: number;
                                            /** @description Their sizes, in bytes. */
                                            bytes: number;
                                        };
                                    };
                                    /** @description The gates of the rule, and why they were open. */
                                    gates: {
                                        /** @description The name of the gate. */
                                        gate: string;
                                        /** @description Why it is open. */
                                        why: string;
                                        /** @description What it saw. */
                                        evidence?: unknown;
                                    }[];
                                };
                                /** @description The rollback that undid it. Absent if none did. */
                                rollback?: {
                                    /** @description The id of the rollback. */
                                    id: string;
                                    /** @description When it ended, RFC 3339. */
                                    at: string;
                                    /** @description Who or what asked for it. */
                                    by: string;
                                    /** @description The manifest that the tag named again. Absent if the tag was deleted. */
                                    digest?: string;
                                };
                            }[];
                            /** @description The `cursor` of the next page; null at the end of the list. */
                            next: string | null;
                        };
                    };
                };
            };
        };
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/promotions/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** How far a promotion is, with its receipt once it has arrived */
        get: {
            parameters: {
                query?: never;
                header?: never;
                path: {
                    /** @description The id of the promotion. */
                    id: string;
                };
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                /** @description Default Response */
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": {
                            /** @description The id of the promotion. */
                            id: string;
                            /**
                             * @description `queued`: its turn has not come. `active`: it is in hand. `waiting`: it goes on later; `why` says what it waits for. `promoted`: it has arrived. `dropped`: nobody wants it any more, since its tag names another image by now, say. `failed`: it did not arrive and is not tried again.
                             * @enum {unknown}
                             */
                            state: "queued" | "active" | "waiting" | "promoted" | "dropped" | "failed";
                            /** @description Why it waits, was dropped or failed. */
                            why?: string;
                            /** @description The image, `registry/repository:tag` or `registry/repository@digest`. */
                            image: string;
                            /** @description The manifest that the tag names. Absent if a rollback deleted the tag. */
                            digest?: string;
                            /** @description Where it goes to, `registry/repository:tag`. */
                            target: string;
                            /** @description The name of the rule. Absent if it was asked for without one. */
                            rule?: string;
                            /** @description Who or what asked for it. */
                            by: string;
                            /** @description When it was asked for, RFC 3339. */
                            askedAt: string;
                            /** @description What its job says, until it is done. */
                            progress?: {
                                /** @description From when its waiting counts, epoch ms, if somebody has retried it. */
                                since?: number;
                                /** @description Why it waits. */
                                why?: string;
                                /** @description Since when the source has had the tag on the image, epoch ms, as Tallyman looked. */
                                seenAt?: number;
                                /** @description What its gates say. */
                                gates?: {
                                    /** @description The name of the gate. */
                                    gate: string;
                                    /**
                                     * @description Whether it lets the image pass.
                                     * @enum {unknown}
                                     */
                                    state: "open" | "waiting" | "closed";
                                    /** @description Why. */
                                    why: string;
                                }[];
                                /** @description Whether chat was told that it waits for people. */
                                announced?: boolean;
                                /** @description Bytes of blobs that are at the target. */
                                bytes?: number;
                                /** @description Bytes of the image, as far as its manifests are known. */
                                totalBytes?: number;
                            };
                            /** @description What it did, once it has arrived. */
                            receipt?: {
                                /** @description The id of the promotion, or of the rollback. */
                                id: string;
                                /**
                                 * @description `promotion`: an image was copied. `rollback`: a tag was put back where it was before a promotion.
                                 * @enum {unknown}
                                 */
                                kind: "promotion" | "rollback";
                                /** @description The id of the promotion that a rollback undid. */
                                rolledBack?: string;
                                /** @description When it ended, RFC 3339. */
                                at: string;
                                /** @description When it was asked for, RFC 3339. */
                                askedAt: string;
                                /** @description The name of the rule. Absent if a person asked without one. */
                                rule?: string;
                                /** @description Who or what asked for it. */
                                by: string;
                                /** @description What the token of a CI job said of it. */
                                claims?: {
                                    [key: string]: string;
                                };
                                /** @description What was copied; of a rollback, by the promotion that it undid. */
                                from: {
                                    /** @description Its name in the configuration. */
                                    registry: string;
                                    /** @description The name in the registry. */
                                    repository: string;
                                    /** @description The tag, if it was promoted by its tag. */
                                    tag?: string;
                                };
                                /** @description The copy. */
                                to: {
                                    /** @description Its name in the configuration. */
                                    registry: string;
                                    /** @description The name in the registry. */
                                    repository: string;
                                    /** @description The tag. */
                                    tag: string;
                                };
                                /** @description The manifest that the tag names. Absent if a rollback deleted the tag. */
                                digest?: string;
                                /** @description The manifest that the tag named before. Absent if there was no tag. */
                                replaced?: string;
                                /** @description Platforms that what the tag named before is for, and the image is not: `linux/arm64`. Absent if there are none. */
                                lostPlatforms?: string[];
                                /** @description The digests of all manifests of the image, children before their index. */
                                manifests: string[];
                                /** @description Children of an index that the source does not have. */
                                absent: string[];
                                /** @description Children of an index that are for other platforms than the rule names. */
                                leftOut: string[];
                                /** @description Signatures and other artifacts that were copied with it. */
                                referrers: {
                                    /** @description The manifest that refers. */
                                    digest: string;
                                    /** @description To which it refers. */
                                    subject: string;
                                    /** @description What it is. */
                                    artifactType?: string;
                                }[];
                                /** @description Its `sha256-…` tags at the target. */
                                tags: {
                                    /** @description The tag. */
                                    tag: string;
                                    /** @description What it names at the target. */
                                    digest: string;
                                    /**
                                     * @description `kept`: the target had another one there, with content that the source does not have.
                                     * @enum {unknown}
                                     */
                                    outcome: "written" | "present" | "kept";
                                }[];
                                /** @description What the source lists as referring to it, and cannot give. */
                                leftBehind: {
                                    /** @description The manifest. */
                                    digest: string;
                                    /** @description Why it was not copied. */
                                    reason: string;
                                }[];
                                /** @description How the blobs came to the target. */
                                blobs: {
                                    /** @description Sent to the target. */
                                    sent: {
                                        /** @description How many blobs. */
                                        count: number;
                                        /** @description Their sizes, in bytes. */
                                        bytes: number;
                                    };
                                    /** @description Taken by the target from another repository of its own. */
                                    mounted: {
                                        /** @description How many blobs. */
                                        count: number;
                                        /** @description Their sizes, in bytes. */
                                        bytes: number;
                                    };
                                    /** @description At the target before. */
                                    present: {
                                        /** @description How many blobs. */
                                        count: number;
                                        /** @description Their sizes, in bytes. */
                                        bytes: number;
                                    };
                                };
                                /** @description The gates of the rule, and why they were open. */
                                gates: {
                                    /** @description The name of the gate. */
                                    gate: string;
                                    /** @description Why it is open. */
                                    why: string;
                                    /** @description What it saw. */
                                    evidence?: unknown;
                                }[];
                            };
                            /** @description The rollback that undid it. Absent if none did. */
                            rollback?: {
                                /** @description The id of the rollback. */
                                id: string;
                                /** @description When it ended, RFC 3339. */
                                at: string;
                                /** @description Who or what asked for it. */
                                by: string;
                                /** @description The manifest that the tag named again. Absent if the tag was deleted. */
                                digest?: string;
                            };
                        };
                    };
                };
            };
        };
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/promotions/{id}/approve": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Approve a promotion that waits for people
         * @description For the gate `approval`. A second approval by the same name adds nothing. With enough of them the promotion goes on at once. It is 409 if it would not go on, since its tag names another image by now, or the tag at the target may not be moved.
         */
        post: {
            parameters: {
                query?: never;
                header?: never;
                path: {
                    /** @description The id of the promotion. */
                    id: string;
                };
                cookie?: never;
            };
            requestBody: {
                content: {
                    "application/json": {
                        /** @description Who approves it. The receipt has the name. Needed unless somebody is logged in by OpenID Connect: then it is their name. */
                        by?: string;
                    };
                };
            };
            responses: {
                /** @description Default Response */
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": {
                            /** @description One for each person, the oldest first. */
                            approvals: {
                                /** @description The id of the promotion. */
                                promotion: string;
                                /** @description Who approves it, by their own word. */
                                by: string;
                                /** @description When, RFC 3339. */
                                at: string;
                            }[];
                            /** @description How many people must approve it. */
                            needed: number;
                        };
                    };
                };
            };
        };
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/promotions/targets": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Where an image can be promoted to: by which rules, and to which registries without a rule
         * @description Asks no registry: neither whether the image is there, nor what the target has.
         */
        get: {
            parameters: {
                query: {
                    /** @description `registry/repository:tag`, or `registry/repository@digest`. */
                    image: string;
                };
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                /** @description Default Response */
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": {
                            /** @description The rules that copy this image. None for a digest: rules are about tags. */
                            rules: {
                                /** @description The name of the rule. */
                                rule: string;
                                /** @description The registry to which it copies. */
                                registry: string;
                                /** @description The name that the image gets there, `repository:tag`. */
                                name: string;
                                /**
                                 * @description Whether it copies what is pushed, or only what somebody asks for.
                                 * @enum {unknown}
                                 */
                                when: "push" | "request";
                                /** @description The types of the gates that must be open. */
                                gates: string[];
                                /**
                                 * @description Whether a tag of the target that names another image is moved.
                                 * @enum {unknown}
                                 */
                                overwrite: "never" | "always" | "newer";
                            }[];
                            /** @description Registries to which it can be copied without a rule. None unless who asks has `admin` over all projects. */
                            registries: string[];
                        };
                    };
                };
            };
        };
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/promotions/existing": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Promote the images that were there before, by a rule
         * @description All tagged images that the index has and that `from` of the rule matches, as a stream of lines. What was promoted or asked for before is not asked for again. These promotions come after all others. The last line has `images`; an answer without it is not complete.
         */
        post: {
            parameters: {
                query?: never;
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody: {
                content: {
                    "application/json": {
                        /** @description The name of the rule. */
                        rule: string;
                        /** @description Ask for nothing; tell what the target has. */
                        dryRun: boolean;
                    };
                };
            };
            responses: {
                /** @description The images by project, repository and tag. */
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/x-ndjson": {
                            /** @description The image, `registry/repository:tag` or `registry/repository@digest`. */
                            image: string;
                            /** @description The manifest that its tag names, as far as the index knows. */
                            digest: string;
                            /** @description Where it goes to, `registry/repository:tag`. */
                            target: string;
                            /** @description The id of its promotion. A push of the image would have the same. */
                            promotion: string;
                            /**
                             * @description `rolledBack`: the target had the image, and it was rolled back, so it is not asked for. `refused`: there is no such name, or the target refuses to tell of it; `why` says which. It is not asked for. A dry run tells what the target has. `arrived`: the tag names the image. `present`: it has the image without the tag. `differs`: the tag names another image. `absent`: it has neither. A real run says `arrived` of what was promoted there before, also if its receipt is gone, and `asked` if it asked for the promotion. If there was one already, it tells the state of that promotion.
                             * @enum {unknown}
                             */
                            state: "arrived" | "present" | "differs" | "absent" | "asked" | "rolledBack" | "refused" | "queued" | "active" | "waiting" | "promoted" | "dropped" | "failed";
                            /** @description Of `refused`: the reason. */
                            why?: string;
                            /** @description In a dry run: bytes of all configs and layers of the image, what it lists and what refers to it, each content once, as manifests state them. */
                            bytes?: number;
                        } | {
                            /** @description How many there are. */
                            images: number;
                            /** @description In a dry run: bytes of all configs and layers to send, each content once. Not counted is what images of this list have at the target, and what `overwrite: never` refuses. */
                            bytes?: number;
                            /** @description In a dry run: of how many images to send the index does not know everything. */
                            uncertain?: number;
                            /** @description Whether there are more images, which were not asked for since too many promotions wait: ask again later. */
                            more: boolean;
                        } | {
                            /** @description Why the list is not complete: the target cannot be asked, say. */
                            error: string;
                        };
                    };
                };
            };
        };
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/promotions/audit": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Compare the images that rules cover with their copies
         * @description What differs, as a stream of lines: tags that the target lacks or that name another image, and signatures and other referrers that the target lacks. Both registries are asked about each image. The last line has `images`; an answer without it is not complete.
         */
        post: {
            parameters: {
                query?: never;
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody: {
                content: {
                    "application/json": {
                        /** @description Only this rule. Default: all. */
                        rule?: string;
                        /**
                         * @description Ask for the promotions and copies that mend what differs.
                         * @default false
                         */
                        mend: boolean;
                    };
                };
            };
            responses: {
                /** @description What differs, by rule, project, repository and tag. */
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/x-ndjson": {
                            /** @description The name of the rule. */
                            rule: string;
                            /** @description The image, `registry/repository:tag` or `registry/repository@digest`. */
                            image: string;
                            /** @description Where it goes to, `registry/repository:tag`. */
                            target: string;
                            /**
                             * @description `absent`: the target has no such tag. `moved`: the two tags name different images. `referrer`: a signature or another artifact that refers to the image is not at the target. `tag`: nor is what a tag of cosign names. `refused`: the copy can have no such name, or a registry refuses to tell of the image.
                             * @enum {unknown}
                             */
                            kind: "absent" | "moved" | "referrer" | "tag" | "refused";
                            /** @description What differs, for people. */
                            what: string;
                            /**
                             * @description `underWay`: a promotion or a copy is in hand or waits that mends it. `possible`: it is asked for with `mend`. `impossible`: nothing is, `mend` or not; `why` tells the reason.
                             * @enum {unknown}
                             */
                            mending: "underWay" | "possible" | "impossible";
                            /** @description Why nothing can mend it. */
                            why?: string;
                        } | {
                            /** @description The names of the rules that were looked at. */
                            rules: string[];
                            /** @description How many images were compared. */
                            images: number;
                            /** @description How many of them differ. */
                            differing: number;
                        } | {
                            /** @description Why the list is not complete: the target cannot be asked, say. */
                            error: string;
                        };
                    };
                };
            };
        };
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/promotions/rules": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** The promotion rules, as configured now */
        get: {
            parameters: {
                query?: never;
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                /** @description Default Response */
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": {
                            /** @description In the order of the configuration. */
                            rules: {
                                /** @description Its name. */
                                name: string;
                                /** @description The registry that it copies from. */
                                from: string;
                                /** @description The registry that it copies to. */
                                to: string;
                                /**
                                 * @description `push`: it copies what is pushed, and what somebody asks for. `request`: only that.
                                 * @enum {unknown}
                                 */
                                when: "push" | "request";
                                /** @description The types of its gates. All of them must be open. */
                                gates: string[];
                            }[];
                        };
                    };
                };
            };
        };
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/promotions/{id}/receipt": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** The receipt of a promotion or a rollback */
        get: {
            parameters: {
                query?: never;
                header?: never;
                path: {
                    /** @description The id of the promotion. */
                    id: string;
                };
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                /** @description Default Response */
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": {
                            /** @description The id of the promotion, or of the rollback. */
                            id: string;
                            /**
                             * @description `promotion`: an image was copied. `rollback`: a tag was put back where it was before a promotion.
                             * @enum {unknown}
                             */
                            kind: "promotion" | "rollback";
                            /** @description The id of the promotion that a rollback undid. */
                            rolledBack?: string;
                            /** @description When it ended, RFC 3339. */
                            at: string;
                            /** @description When it was asked for, RFC 3339. */
                            askedAt: string;
                            /** @description The name of the rule. Absent if a person asked without one. */
                            rule?: string;
                            /** @description Who or what asked for it. */
                            by: string;
                            /** @description What the token of a CI job said of it. */
                            claims?: {
                                [key: string]: string;
                            };
                            /** @description What was copied; of a rollback, by the promotion that it undid. */
                            from: {
                                /** @description Its name in the configuration. */
                                registry: string;
                                /** @description The name in the registry. */
                                repository: string;
                                /** @description The tag, if it was promoted by its tag. */
                                tag?: string;
                            };
                            /** @description The copy. */
                            to: {
                                /** @description Its name in the configuration. */
                                registry: string;
                                /** @description The name in the registry. */
                                repository: string;
                                /** @description The tag. */
                                tag: string;
                            };
                            /** @description The manifest that the tag names. Absent if a rollback deleted the tag. */
                            digest?: string;
                            /** @description The manifest that the tag named before. Absent if there was no tag. */
                            replaced?: string;
                            /** @description Platforms that what the tag named before is for, and the image is not: `linux/arm64`. Absent if there are none. */
                            lostPlatforms?: string[];
                            /** @description The digests of all manifests of the image, children before their index. */
                            manifests: string[];
                            /** @description Children of an index that the source does not have. */
                            absent: string[];
                            /** @description Children of an index that are for other platforms than the rule names. */
                            leftOut: string[];
                            /** @description Signatures and other artifacts that were copied with it. */
                            referrers: {
                                /** @description The manifest that refers. */
                                digest: string;
                                /** @description To which it refers. */
                                subject: string;
                                /** @description What it is. */
                                artifactType?: string;
                            }[];
                            /** @description Its `sha256-…` tags at the target. */
                            tags: {
                                /** @description The tag. */
                                tag: string;
                                /** @description What it names at the target. */
                                digest: string;
                                /**
                                 * @description `kept`: the target had another one there, with content that the source does not have.
                                 * @enum {unknown}
                                 */
                                outcome: "written" | "present" | "kept";
                            }[];
                            /** @description What the source lists as referring to it, and cannot give. */
                            leftBehind: {
                                /** @description The manifest. */
                                digest: string;
                                /** @description Why it was not copied. */
                                reason: string;
                            }[];
                            /** @description How the blobs came to the target. */
                            blobs: {
                                /** @description Sent to the target. */
                                sent: {
                                    /** @description How many blobs. */
                                    count: number;
                                    /** @description Their sizes, in bytes. */
                                    bytes: number;
                                };
                                /** @description Taken by the target from another repository of its own. */
                                mounted: {
                                    /** @description How many blobs. */
                                    count: number;
                                    /** @description Their sizes, in bytes. */
                                    bytes: number;
                                };
                                /** @description At the target before. */
                                present: {
                                    /** @description How many blobs. */
                                    count: number;
                                    /** @description Their sizes, in bytes. */
                                    bytes: number;
                                };
                            };
                            /** @description The gates of the rule, and why they were open. */
                            gates: {
                                /** @description The name of the gate. */
                                gate: string;
                                /** @description Why it is open. */
                                why: string;
                                /** @description What it saw. */
                                evidence?: unknown;
                            }[];
                        };
                    };
                };
            };
        };
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/promotions/{id}/envelope": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * The signed receipt of a promotion or a rollback
         * @description A DSSE envelope around an in-toto statement, whose predicate is the receipt. Receipts are signed if `promotion.receiptKey` is set.
         */
        get: {
            parameters: {
                query?: never;
                header?: never;
                path: {
                    /** @description The id of the promotion. */
                    id: string;
                };
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                /** @description Default Response */
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": {
                            /** @description What is signed, in base64: an in-toto statement. */
                            payload: string;
                            /** @description What it is. */
                            payloadType: string;
                            /** @description The signatures: one. */
                            signatures: {
                                /** @description The SHA-256 of the public key (SPKI, DER), in hex. */
                                keyid: string;
                                /** @description The signature, in base64. */
                                sig: string;
                            }[];
                        };
                    };
                };
            };
        };
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/promotions/{id}/check": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * A receipt, and what differs from it at the target
         * @description Asks the target whether the tag names the digest of the receipt, and for each manifest that was copied.
         */
        get: {
            parameters: {
                query?: never;
                header?: never;
                path: {
                    /** @description The id of the promotion. */
                    id: string;
                };
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                /** @description Default Response */
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": {
                            /** @description The receipt. */
                            receipt: {
                                /** @description The id of the promotion, or of the rollback. */
                                id: string;
                                /**
                                 * @description `promotion`: an image was copied. `rollback`: a tag was put back where it was before a promotion.
                                 * @enum {unknown}
                                 */
                                kind: "promotion" | "rollback";
                                /** @description The id of the promotion that a rollback undid. */
                                rolledBack?: string;
                                /** @description When it ended, RFC 3339. */
                                at: string;
                                /** @description When it was asked for, RFC 3339. */
                                askedAt: string;
                                /** @description The name of the rule. Absent if a person asked without one. */
                                rule?: string;
                                /** @description Who or what asked for it. */
                                by: string;
                                /** @description What the token of a CI job said of it. */
                                claims?: {
                                    [key: string]: string;
                                };
                                /** @description What was copied; of a rollback, by the promotion that it undid. */
                                from: {
                                    /** @description Its name in the configuration. */
                                    registry: string;
                                    /** @description The name in the registry. */
                                    repository: string;
                                    /** @description The tag, if it was promoted by its tag. */
                                    tag?: string;
                                };
                                /** @description The copy. */
                                to: {
                                    /** @description Its name in the configuration. */
                                    registry: string;
                                    /** @description The name in the registry. */
                                    repository: string;
                                    /** @description The tag. */
                                    tag: string;
                                };
                                /** @description The manifest that the tag names. Absent if a rollback deleted the tag. */
                                digest?: string;
                                /** @description The manifest that the tag named before. Absent if there was no tag. */
                                replaced?: string;
                                /** @description Platforms that what the tag named before is for, and the image is not: `linux/arm64`. Absent if there are none. */
                                lostPlatforms?: string[];
                                /** @description The digests of all manifests of the image, children before their index. */
                                manifests: string[];
                                /** @description Children of an index that the source does not have. */
                                absent: string[];
                                /** @description Children of an index that are for other platforms than the rule names. */
                                leftOut: string[];
                                /** @description Signatures and other artifacts that were copied with it. */
                                referrers: {
                                    /** @description The manifest that refers. */
                                    digest: string;
                                    /** @description To which it refers. */
                                    subject: string;
                                    /** @description What it is. */
                                    artifactType?: string;
                                }[];
                                /** @description Its `sha256-…` tags at the target. */
                                tags: {
                                    /** @description The tag. */
                                    tag: string;
                                    /** @description What it names at the target. */
                                    digest: string;
                                    /**
                                     * @description `kept`: the target had another one there, with content that the source does not have.
                                     * @enum {unknown}
                                     */
                                    outcome: "written" | "present" | "kept";
                                }[];
                                /** @description What the source lists as referring to it, and cannot give. */
                                leftBehind: {
                                    /** @description The manifest. */
                                    digest: string;
                                    /** @description Why it was not copied. */
                                    reason: string;
                                }[];
                                /** @description How the blobs came to the target. */
                                blobs: {
                                    /** @description Sent to the target. */
                                    sent: {
                                        /** @description How many blobs. */
                                        count: number;
                                        /** @description Their sizes, in bytes. */
                                        bytes: number;
                                    };
                                    /** @description Taken by the target from another repository of its own. */
                                    mounted: {
                                        /** @description How many blobs. */
                                        count: number;
                                        /** @description Their sizes, in bytes. */
                                        bytes: number;
                                    };
                                    /** @description At the target before. */
                                    present: {
                                        /** @description How many blobs. */
                                        count: number;
                                        /** @description Their sizes, in bytes. */
                                        bytes: number;
                                    };
                                };
                                /** @description The gates of the rule, and why they were open. */
                                gates: {
                                    /** @description The name of the gate. */
                                    gate: string;
                                    /** @description Why it is open. */
                                    why: string;
                                    /** @description What it saw. */
                                    evidence?: unknown;
                                }[];
                            };
                            /** @description The rollback that undid it. Absent if none did. */
                            rollback?: {
                                /** @description The id of the rollback. */
                                id: string;
                                /** @description When it ended, RFC 3339. */
                                at: string;
                                /** @description Who or what asked for it. */
                                by: string;
                                /** @description The manifest that the tag named again. Absent if the tag was deleted. */
                                digest?: string;
                            };
                            /** @description What differs at the target, for people. Empty: nothing. */
                            differences: string[];
                        };
                    };
                };
            };
        };
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/promotions/{id}/rollback": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Put the target tag of a promotion back where it was before
         * @description The tag names again what it named before; if there was no tag, it is deleted, and the image stays. The answer comes when it is done. It is 409, and nothing was changed, if the promotion is not the last one to its tag, if the tag names something else by now, if what it named before is gone, if a promotion to the tag is in hand, or while a collection of garbage makes the registry read-only.
         */
        post: {
            parameters: {
                query?: never;
                header?: never;
                path: {
                    /** @description The id of the promotion. */
                    id: string;
                };
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                /** @description Default Response */
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": {
                            /** @description The id of the promotion, or of the rollback. */
                            id: string;
                            /**
                             * @description `promotion`: an image was copied. `rollback`: a tag was put back where it was before a promotion.
                             * @enum {unknown}
                             */
                            kind: "promotion" | "rollback";
                            /** @description The id of the promotion that a rollback undid. */
                            rolledBack?: string;
                            /** @description When it ended, RFC 3339. */
                            at: string;
                            /** @description When it was asked for, RFC 3339. */
                            askedAt: string;
                            /** @description The name of the rule. Absent if a person asked without one. */
                            rule?: string;
                            /** @description Who or what asked for it. */
                            by: string;
                            /** @description What the token of a CI job said of it. */
                            claims?: {
                                [key: string]: string;
                            };
                            /** @description What was copied; of a rollback, by the promotion that it undid. */
                            from: {
                                /** @description Its name in the configuration. */
                                registry: string;
                                /** @description The name in the registry. */
                                repository: string;
                                /** @description The tag, if it was promoted by its tag. */
                                tag?: string;
                            };
                            /** @description The copy. */
                            to: {
                                /** @description Its name in the configuration. */
                                registry: string;
                                /** @description The name in the registry. */
                                repository: string;
                                /** @description The tag. */
                                tag: string;
                            };
                            /** @description The manifest that the tag names. Absent if a rollback deleted the tag. */
                            digest?: string;
                            /** @description The manifest that the tag named before. Absent if there was no tag. */
                            replaced?: string;
                            /** @description Platforms that what the tag named before is for, and the image is not: `linux/arm64`. Absent if there are none. */
                            lostPlatforms?: string[];
                            /** @description The digests of all manifests of the image, children before their index. */
                            manifests: string[];
                            /** @description Children of an index that the source does not have. */
                            absent: string[];
                            /** @description Children of an index that are for other platforms than the rule names. */
                            leftOut: string[];
                            /** @description Signatures and other artifacts that were copied with it. */
                            referrers: {
                                /** @description The manifest that refers. */
                                digest: string;
                                /** @description To which it refers. */
                                subject: string;
                                /** @description What it is. */
                                artifactType?: string;
                            }[];
                            /** @description Its `sha256-…` tags at the target. */
                            tags: {
                                /** @description The tag. */
                                tag: string;
                                /** @description What it names at the target. */
                                digest: string;
                                /**
                                 * @description `kept`: the target had another one there, with content that the source does not have.
                                 * @enum {unknown}
                                 */
                                outcome: "written" | "present" | "kept";
                            }[];
                            /** @description What the source lists as referring to it, and cannot give. */
                            leftBehind: {
                                /** @description The manifest. */
                                digest: string;
                                /** @description Why it was not copied. */
                                reason: string;
                            }[];
                            /** @description How the blobs came to the target. */
                            blobs: {
                                /** @description Sent to the target. */
                                sent: {
                                    /** @description How many blobs. */
                                    count: number;
                                    /** @description Their sizes, in bytes. */
                                    bytes: number;
                                };
                                /** @description Taken by the target from another repository of its own. */
                                mounted: {
                                    /** @description How many blobs. */
                                    count: number;
                                    /** @description Their sizes, in bytes. */
                                    bytes: number;
                                };
                                /** @description At the target before. */
                                present: {
                                    /** @description How many blobs. */
                                    count: number;
                                    /** @description Their sizes, in bytes. */
                                    bytes: number;
                                };
                            };
                            /** @description The gates of the rule, and why they were open. */
                            gates: {
                                /** @description The name of the gate. */
                                gate: string;
                                /** @description Why it is open. */
                                why: string;
                                /** @description What it saw. */
                                evidence?: unknown;
                            }[];
                        };
                    };
                };
            };
        };
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/expiry/plan": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * What the policies would do, image by image, with reasons
         * @description The order is by policy, project, repository and digest. An answer in JSON is a page. It may have fewer images than `limit` while there are more: it ends after it has decided on some 20,000. `next` is null at the end. With `Accept: application/x-ndjson`, the answer is a stream of lines, without `limit`: one for each image, a decision as JSON with the name of its policy. After the images of a policy come its warnings, a line each. The bytes of its images add up to those of the plan; those of a page count from its first repository on. The last line has `asOf`; an answer without it is not complete.
         */
        get: {
            parameters: {
                query: {
                    /** @description Only this policy. Default: all. */
                    policy?: string;
                    /** @description Only images of this registry. */
                    registry?: string;
                    /** @description Only images of this project, registry/path. */
                    project?: string;
                    /** @description Only images of this repository. */
                    repository?: string;
                    /** @description Only images with this verdict. */
                    verdict?: "delete" | "untag" | "keep";
                    /** @description Decide as of this time, RFC 3339, past or future. Default: now. What protects images is that of now, and what was pushed or pulled after that time is kept. */
                    asOf?: string;
                    /** @description How many there are on a page at most. */
                    limit: number;
                    /** @description `next` of the page before. */
                    cursor?: string;
                };
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                /** @description The plans. */
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": {
                            /**
                             * Format: date-time
                             * @description The time as of which the plan decides.
                             */
                            asOf: string;
                            /** @description The policies that are planned. */
                            policies: string[];
                            /** @description Until when undo is safe, of what is deleted now, or at `asOf` if that is later. Of a run: from its beginning on. */
                            undo: {
                                /** @description Until when undo is safe, RFC 3339. Null if the configuration does not tell when the registry collects its garbage (`expiry.gc`). */
                                until: string | null;
                                /** @description The same for people, half a sentence: `undo is safe until …`. */
                                text: string;
                            };
                            /** @description One for each policy that the page has come by. */
                            plans: {
                                /** @description The name of the policy. */
                                policy: string;
                                /** @description One for each image, in order. */
                                decisions: {
                                    /** @description The project, `registry/path`. */
                                    project: string;
                                    /** @description The repository in the registry. */
                                    repository: string;
                                    /** @description The digest of the manifest. */
                                    digest: string;
                                    /** @description The tags that name it. */
                                    tags: string[];
                                    /** @description What the policy does with it. `untag`: some of its tags go, and it stays for the others: see `untag`. */
                                    verdict: "delete" | "untag" | "keep";
                                    /** @description The tags that go, if the image stays for others. */
                                    untag?: string[];
                                    /** @description The name of the rule that decided, or the dialect of the policy if that decided; null if neither did. */
                                    rule: string | null;
                                    /** @description Why, for people. */
                                    reason: string;
                                    /**
                                     * @description No rule keeps it, and none expires it: `evict` may take it.
                                     * @enum {boolean}
                                     */
                                    isLeft?: true;
                                    /**
                                     * @description It stays only because an image of its repository is new and was not read yet.
                                     * @enum {boolean}
                                     */
                                    isUnread?: true;
                                    /** @description Rules that nearly decided otherwise, a sentence each. */
                                    nearMisses?: string[];
                                    /** @description What goes with it, given all that the plan deletes before it. */
                                    reclaimableBytes?: number;
                                    /** @description The same of the project's unique bytes, which count against its quota. */
                                    uniqueBytes?: number;
                                    /** @description Since when it is there: its latest push, or that of its newest tag or of a part. With `ageSource: seen`, it may be older. Null if it is not known. */
                                    age: string | null;
                                    /**
                                     * @description What tells its age (docs/usage.md, Ages).
                                     * @enum {unknown}
                                     */
                                    ageSource: "event" | "registry" | "storage" | "image" | "seen";
                                    /** @description Its latest pull, reported use or push that is known. Null if none is. */
                                    lastUse: string | null;
                                    /** @description Whether it was not used after `lastUse`, for certain. False if its registry sends no pulls, if some pulls may not be heard (`pulls: partial`), or if pulls from before are not known. */
                                    isUseKnown: boolean;
                                    /** @description The size of the manifest with its config and layers. For an index: with its children, each content once. */
                                    sizeBytes: number;
                                    /** @description When it was announced that it goes, or a tag of it. Null if the next run announces it. Only of a configured policy with `notice` and the mode `apply`. */
                                    announcedAt?: string | null;
                                    /** @description From when on a run deletes it. Null if it is not announced yet. */
                                    goesFrom?: string | null;
                                }[];
                                /** @description Those of the dialect and the eviction; projects in which `expiry.maxShare` would hold a run; what protects images and cannot be read; a policy that is about no image. */
                                warnings: string[];
                            }[];
                            /** @description The `cursor` of the next page; null at the end of the list. */
                            next: string | null;
                        };
                        "application/x-ndjson": {
                            /** @description The name of the policy. */
                            policy: string;
                            /** @description The project, `registry/path`. */
                            project: string;
                            /** @description The repository in the registry. */
                            repository: string;
                            /** @description The digest of the manifest. */
                            digest: string;
                            /** @description The tags that name it. */
                            tags: string[];
                            /** @description What the policy does with it. `untag`: some of its tags go, and it stays for the others: see `untag`. */
                            verdict: "delete" | "untag" | "keep";
                            /** @description The tags that go, if the image stays for others. */
                            untag?: string[];
                            /** @description The name of the rule that decided, or the dialect of the policy if that decided; null if neither did. */
                            rule: string | null;
                            /** @description Why, for people. */
                            reason: string;
                            /**
                             * @description No rule keeps it, and none expires it: `evict` may take it.
                             * @enum {boolean}
                             */
                            isLeft?: true;
                            /**
                             * @description It stays only because an image of its repository is new and was not read yet.
                             * @enum {boolean}
                             */
                            isUnread?: true;
                            /** @description Rules that nearly decided otherwise, a sentence each. */
                            nearMisses?: string[];
                            /** @description What goes with it, given all that the plan deletes before it. */
                            reclaimableBytes?: number;
                            /** @description The same of the project's unique bytes, which count against its quota. */
                            uniqueBytes?: number;
                            /** @description Since when it is there: its latest push, or that of its newest tag or of a part. With `ageSource: seen`, it may be older. Null if it is not known. */
                            age: string | null;
                            /**
                             * @description What tells its age (docs/usage.md, Ages).
                             * @enum {unknown}
                             */
                            ageSource: "event" | "registry" | "storage" | "image" | "seen";
                            /** @description Its latest pull, reported use or push that is known. Null if none is. */
                            lastUse: string | null;
                            /** @description Whether it was not used after `lastUse`, for certain. False if its registry sends no pulls, if some pulls may not be heard (`pulls: partial`), or if pulls from before are not known. */
                            isUseKnown: boolean;
                            /** @description The size of the manifest with its config and layers. For an index: with its children, each content once. */
                            sizeBytes: number;
                            /** @description When it was announced that it goes, or a tag of it. Null if the next run announces it. Only of a configured policy with `notice` and the mode `apply`. */
                            announcedAt?: string | null;
                            /** @description From when on a run deletes it. Null if it is not announced yet. */
                            goesFrom?: string | null;
                        } | {
                            /** @description The name of the policy. */
                            policy: string;
                            /** @description Where the policy, or a run of it, does something else than its author may think. */
                            warning: string;
                            /** @description The project in which a run would delete nothing, since that is more than `expiry.maxShare`. */
                            held?: string;
                        } | {
                            /**
                             * Format: date-time
                             * @description The time as of which the plan decides.
                             */
                            asOf: string;
                            /** @description The policies that are planned. */
                            policies: string[];
                            /** @description Until when undo is safe, of what is deleted now, or at `asOf` if that is later. Of a run: from its beginning on. */
                            undo: {
                                /** @description Until when undo is safe, RFC 3339. Null if the configuration does not tell when the registry collects its garbage (`expiry.gc`). */
                                until: string | null;
                                /** @description The same for people, half a sentence: `undo is safe until …`. */
                                text: string;
                            };
                            /** @description The id of the plan, for a day. `POST /v1/expiry/runs` with it deletes nothing else. Only for who may `expire`, and only of a plan of one configured policy as of now. */
                            plan?: string;
                            /** @description How many images were told. */
                            images: number;
                        };
                    };
                };
            };
        };
        put?: never;
        /**
         * What a policy would do that is not configured, image by image, with reasons
         * @description Nothing is changed, so the read token is enough. The order is by policy, project, repository and digest. An answer in JSON is a page. It may have fewer images than `limit` while there are more: it ends after it has decided on some 20,000. `next` is null at the end. With `Accept: application/x-ndjson`, the answer is a stream of lines, without `limit`: one for each image, a decision as JSON with the name of its policy. After the images of a policy come its warnings, a line each. The bytes of its images add up to those of the plan; those of a page count from its first repository on. The last line has `asOf`; an answer without it is not complete.
         */
        post: {
            parameters: {
                query: {
                    /** @description Only images of this registry. */
                    registry?: string;
                    /** @description Only images of this project, registry/path. */
                    project?: string;
                    /** @description Only images of this repository. */
                    repository?: string;
                    /** @description Only images with this verdict. */
                    verdict?: "delete" | "untag" | "keep";
                    /** @description Decide as of this time, RFC 3339, past or future. Default: now. What protects images is that of now, and what was pushed or pulled after that time is kept. */
                    asOf?: string;
                    /** @description How many there are on a page at most. */
                    limit: number;
                    /** @description `next` of the page before. */
                    cursor?: string;
                };
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody: {
                content: {
                    "application/json": {
                        /** @description A policy as it stands in the configuration, in `expiry.policies`, with `document` if it is of a dialect. `mode`, `schedule` and `notice` mean nothing here. */
                        policy: unknown;
                    };
                };
            };
            responses: {
                /** @description The plans. */
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": {
                            /**
                             * Format: date-time
                             * @description The time as of which the plan decides.
                             */
                            asOf: string;
                            /** @description The policies that are planned. */
                            policies: string[];
                            /** @description Until when undo is safe, of what is deleted now, or at `asOf` if that is later. Of a run: from its beginning on. */
                            undo: {
                                /** @description Until when undo is safe, RFC 3339. Null if the configuration does not tell when the registry collects its garbage (`expiry.gc`). */
                                until: string | null;
                                /** @description The same for people, half a sentence: `undo is safe until …`. */
                                text: string;
                            };
                            /** @description One for each policy that the page has come by. */
                            plans: {
                                /** @description The name of the policy. */
                                policy: string;
                                /** @description One for each image, in order. */
                                decisions: {
                                    /** @description The project, `registry/path`. */
                                    project: string;
                                    /** @description The repository in the registry. */
                                    repository: string;
                                    /** @description The digest of the manifest. */
                                    digest: string;
                                    /** @description The tags that name it. */
                                    tags: string[];
                                    /** @description What the policy does with it. `untag`: some of its tags go, and it stays for the others: see `untag`. */
                                    verdict: "delete" | "untag" | "keep";
                                    /** @description The tags that go, if the image stays for others. */
                                    untag?: string[];
                                    /** @description The name of the rule that decided, or the dialect of the policy if that decided; null if neither did. */
                                    rule: string | null;
                                    /** @description Why, for people. */
                                    reason: string;
                                    /**
                                     * @description No rule keeps it, and none expires it: `evict` may take it.
                                     * @enum {boolean}
                                     */
                                    isLeft?: true;
                                    /**
                                     * @description It stays only because an image of its repository is new and was not read yet.
                                     * @enum {boolean}
                                     */
                                    isUnread?: true;
                                    /** @description Rules that nearly decided otherwise, a sentence each. */
                                    nearMisses?: string[];
                                    /** @description What goes with it, given all that the plan deletes before it. */
                                    reclaimableBytes?: number;
                                    /** @description The same of the project's unique bytes, which count against its quota. */
                                    uniqueBytes?: number;
                                    /** @description Since when it is there: its latest push, or that of its newest tag or of a part. With `ageSource: seen`, it may be older. Null if it is not known. */
                                    age: string | null;
                                    /**
                                     * @description What tells its age (docs/usage.md, Ages).
                                     * @enum {unknown}
                                     */
                                    ageSource: "event" | "registry" | "storage" | "image" | "seen";
                                    /** @description Its latest pull, reported use or push that is known. Null if none is. */
                                    lastUse: string | null;
                                    /** @description Whether it was not used after `lastUse`, for certain. False if its registry sends no pulls, if some pulls may not be heard (`pulls: partial`), or if pulls from before are not known. */
                                    isUseKnown: boolean;
                                    /** @description The size of the manifest with its config and layers. For an index: with its children, each content once. */
                                    sizeBytes: number;
                                    /** @description When it was announced that it goes, or a tag of it. Null if the next run announces it. Only of a configured policy with `notice` and the mode `apply`. */
                                    announcedAt?: string | null;
                                    /** @description From when on a run deletes it. Null if it is not announced yet. */
                                    goesFrom?: string | null;
                                }[];
                                /** @description Those of the dialect and the eviction; projects in which `expiry.maxShare` would hold a run; what protects images and cannot be read; a policy that is about no image. */
                                warnings: string[];
                            }[];
                            /** @description The `cursor` of the next page; null at the end of the list. */
                            next: string | null;
                        };
                        "application/x-ndjson": {
                            /** @description The name of the policy. */
                            policy: string;
                            /** @description The project, `registry/path`. */
                            project: string;
                            /** @description The repository in the registry. */
                            repository: string;
                            /** @description The digest of the manifest. */
                            digest: string;
                            /** @description The tags that name it. */
                            tags: string[];
                            /** @description What the policy does with it. `untag`: some of its tags go, and it stays for the others: see `untag`. */
                            verdict: "delete" | "untag" | "keep";
                            /** @description The tags that go, if the image stays for others. */
                            untag?: string[];
                            /** @description The name of the rule that decided, or the dialect of the policy if that decided; null if neither did. */
                            rule: string | null;
                            /** @description Why, for people. */
                            reason: string;
                            /**
                             * @description No rule keeps it, and none expires it: `evict` may take it.
                             * @enum {boolean}
                             */
                            isLeft?: true;
                            /**
                             * @description It stays only because an image of its repository is new and was not read yet.
                             * @enum {boolean}
                             */
                            isUnread?: true;
                            /** @description Rules that nearly decided otherwise, a sentence each. */
                            nearMisses?: string[];
                            /** @description What goes with it, given all that the plan deletes before it. */
                            reclaimableBytes?: number;
                            /** @description The same of the project's unique bytes, which count against its quota. */
                            uniqueBytes?: number;
                            /** @description Since when it is there: its latest push, or that of its newest tag or of a part. With `ageSource: seen`, it may be older. Null if it is not known. */
                            age: string | null;
                            /**
                             * @description What tells its age (docs/usage.md, Ages).
                             * @enum {unknown}
                             */
                            ageSource: "event" | "registry" | "storage" | "image" | "seen";
                            /** @description Its latest pull, reported use or push that is known. Null if none is. */
                            lastUse: string | null;
                            /** @description Whether it was not used after `lastUse`, for certain. False if its registry sends no pulls, if some pulls may not be heard (`pulls: partial`), or if pulls from before are not known. */
                            isUseKnown: boolean;
                            /** @description The size of the manifest with its config and layers. For an index: with its children, each content once. */
                            sizeBytes: number;
                            /** @description When it was announced that it goes, or a tag of it. Null if the next run announces it. Only of a configured policy with `notice` and the mode `apply`. */
                            announcedAt?: string | null;
                            /** @description From when on a run deletes it. Null if it is not announced yet. */
                            goesFrom?: string | null;
                        } | {
                            /** @description The name of the policy. */
                            policy: string;
                            /** @description Where the policy, or a run of it, does something else than its author may think. */
                            warning: string;
                            /** @description The project in which a run would delete nothing, since that is more than `expiry.maxShare`. */
                            held?: string;
                        } | {
                            /**
                             * Format: date-time
                             * @description The time as of which the plan decides.
                             */
                            asOf: string;
                            /** @description The policies that are planned. */
                            policies: string[];
                            /** @description Until when undo is safe, of what is deleted now, or at `asOf` if that is later. Of a run: from its beginning on. */
                            undo: {
                                /** @description Until when undo is safe, RFC 3339. Null if the configuration does not tell when the registry collects its garbage (`expiry.gc`). */
                                until: string | null;
                                /** @description The same for people, half a sentence: `undo is safe until …`. */
                                text: string;
                            };
                            /** @description The id of the plan, for a day. `POST /v1/expiry/runs` with it deletes nothing else. Only for who may `expire`, and only of a plan of one configured policy as of now. */
                            plan?: string;
                            /** @description How many images were told. */
                            images: number;
                        };
                    };
                };
            };
        };
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/expiry/policies": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * The expiry policies, as configured now
         * @description A token for some projects sees those that are about one of its projects.
         */
        get: {
            parameters: {
                query?: never;
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                /** @description Default Response */
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": {
                            /** @description In the order of the configuration. */
                            policies: {
                                /** @description Its name. */
                                name: string;
                                /** @description The registries that it cleans. */
                                registries: string[];
                                /**
                                 * @description Whether it only plans, or also deletes.
                                 * @enum {unknown}
                                 */
                                mode: "plan" | "apply";
                                /** @description The policy as it could stand in `expiry.policies`, with defaults. Of a policy of another system, without its document. */
                                policy: unknown;
                            }[];
                        };
                    };
                };
            };
        };
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/expiry/curve": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * What a policy would free with each of some values of one of its numbers
         * @description Nothing is changed, so the read token is enough. Each image is read once. What `evict` would take beside the rules is not counted.
         */
        post: {
            parameters: {
                query?: never;
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody: {
                content: {
                    "application/json": {
                        /** @description A policy as it stands in the configuration, in `expiry.policies`. */
                        policy: unknown;
                        /** @description Which of its rules is changed, counted from 0. */
                        rule: number;
                        /**
                         * @description Which number of the rule. `newest` is that in `keep`.
                         * @enum {unknown}
                         */
                        key: "newest" | "olderThan" | "notUsedFor";
                        /** @description The values, in ascending or descending order. */
                        values: (number | string)[];
                        /** @description Only images of this project, registry/path. */
                        project?: string;
                    };
                };
            };
            responses: {
                /** @description Default Response */
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": {
                            /**
                             * Format: date-time
                             * @description When this was so.
                             */
                            asOf: string;
                            /** @description One for each value, in the order of the request. */
                            points: {
                                /** @description As in the configuration: `10`, or `14d`. */
                                value: number | string;
                                /** @description Bytes that the registries can free. */
                                bytes: number;
                                /** @description Images that go. */
                                images: number;
                                /** @description Tags that go alone. */
                                tags: number;
                            }[];
                        };
                    };
                };
            };
        };
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/expiry/diff": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * What changed in a policy's plan since its last run, dry or real, and why
         * @description The earlier plan is what the last run recorded that came to its end. What waits for its notice is in no record of a real run.
         */
        get: {
            parameters: {
                query: {
                    /** @description The name of the policy. */
                    policy: string;
                    /** @description How many changes are told at most. All are counted. */
                    limit: number;
                };
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                /** @description Default Response */
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": {
                            /** @description The name of the policy. */
                            policy: string;
                            /**
                             * Format: date-time
                             * @description When the plan of now was made.
                             */
                            asOf: string;
                            /** @description The earlier plans, one for each registry of the policy that has one. */
                            compared: {
                                /** @description The registry. */
                                registry: string;
                                /** @description The run that recorded the earlier plan. */
                                run: string;
                                /**
                                 * Format: date-time
                                 * @description When it began.
                                 */
                                at: string;
                                /** @description Whether it only planned. */
                                dryRun: boolean;
                                /** @description Projects that are not compared: the run has recorded nothing there, since too much would go. */
                                held: string[];
                            }[];
                            /** @description The number of changes. */
                            counts: {
                                /** @description Images that go now, or a tag of them. */
                                expires: number;
                                /** @description Images that were to go and stay now, or a tag of them. */
                                stays: number;
                                /** @description Images that were to go and are not there any more, or a tag of them. */
                                gone: number;
                            };
                            /** @description The changes. */
                            changes: {
                                /** @description `expires`: it goes now, or a tag of it. `stays`: it was to go, or a tag of it, and stays now. `gone`: it was to go, and is not there any more. */
                                change: "expires" | "stays" | "gone";
                                /** @description The project, `registry/path`. */
                                project: string;
                                /** @description The repository in the registry. */
                                repository: string;
                                /** @description The digest of the manifest. */
                                digest: string;
                                /** @description The tags that name it. */
                                tags: string[];
                                /** @description The tags that go, if the image stays for others. */
                                untag?: string[];
                                /** @description The name of the rule that decided, or the dialect of the policy if that decided; null if neither did. */
                                rule: string | null;
                                /** @description Why it goes now, why it stays now, or what became of it. */
                                reason: string;
                            }[];
                        };
                    };
                };
            };
        };
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/expiry/runs": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Runs of the policies, newest first */
        get: {
            parameters: {
                query: {
                    /** @description How many there are on a page at most. */
                    limit: number;
                    /** @description `next` of the page before. */
                    cursor?: string;
                };
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                /** @description Default Response */
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": {
                            /** @description The runs of the page. */
                            runs: {
                                /** @description The id of the run. */
                                id: string;
                                /** @description When it began, RFC 3339. */
                                at: string;
                                /** @description The name of the policy. */
                                policy: string;
                                /** @description The registry that it cleans. */
                                registry: string;
                                /** @description Whether it only planned. */
                                dryRun: boolean;
                                /** @description Globs over `registry/path`: it looked at these projects only. Absent: at all. */
                                projects?: string[];
                                /** @description Who or what asked for it. */
                                by: string;
                                /** @description Whether it may delete more than `expiry.maxShare` of a project. */
                                acceptShare?: boolean;
                                /** @description The plan that somebody has looked at and applied: the run deletes nothing else. Absent: there was none. */
                                plan?: {
                                    /** @description The id of the plan. */
                                    id: string;
                                    /** @description When that plan was made, RFC 3339. */
                                    asOf: string;
                                    /** @description Images that it deletes at this registry. */
                                    images: number;
                                    /** @description Tags that it deletes alone there. */
                                    tags: number;
                                };
                                /** @description `waiting`: it has not begun, or goes on later. `stopped`: a person or a change of its policy, or of a quota by which it evicts, ended it. `failed`: an error ended it. */
                                state: "waiting" | "running" | "done" | "stopped" | "failed";
                                /** @description How far it is, in images and single tags, and in bytes. */
                                progress: {
                                    /** @description Images and single tags that the plan deletes. */
                                    planned: number;
                                    /** @description Bytes that the registry can free once all of them are deleted. */
                                    plannedBytes: number;
                                    /** @description Of these, those that are done with, deleted or not. */
                                    done: number;
                                    /** @description Of these bytes, those of the images that were deleted. */
                                    freedBytes: number;
                                };
                                /** @description How many images stay, as in the record of the run. Absent for a token that sees only some of its projects: then all numbers are of these. */
                                kept?: number;
                                /** @description What the run has announced. Absent: nothing. */
                                announced?: {
                                    /** @description Images, also those that belong to another one. */
                                    images: number;
                                    /** @description Tags that go alone, since their image stays. */
                                    tags: number;
                                    /** @description Bytes that the registry can free once they are deleted. */
                                    bytes: number;
                                    /** @description Until then all of it is safe, RFC 3339. */
                                    until: string;
                                };
                                /** @description What earlier runs have announced, and whose notice is not over. Absent: nothing. */
                                waiting?: {
                                    /** @description Images, also those that belong to another one. */
                                    images: number;
                                    /** @description Tags that go alone, since their image stays. */
                                    tags: number;
                                    /** @description Bytes that the registry can free once they are deleted. */
                                    bytes: number;
                                    /** @description Until then all of it is safe, RFC 3339. */
                                    until: string;
                                };
                                /** @description Projects in which nothing was deleted, or no more: the plan deletes more than `expiry.maxShare`. */
                                held?: {
                                    /** @description registry/path */
                                    project: string;
                                    /** @description Images that the plan deletes. */
                                    deletes: number;
                                    /** @description Images of the project that the policy is about. */
                                    images: number;
                                    /** @description Tags that the plan deletes alone. */
                                    untags: number;
                                    /** @description Tags of these images. */
                                    tags: number;
                                    /** @description Bytes that the registry could free if the plan were carried out. */
                                    bytes: number;
                                    /** @description Images and single tags that the run had deleted there when its plan of then became too large. Absent: it deleted nothing there. */
                                    deleted?: number;
                                }[];
                                /** @description Until when undo is safe, of what is deleted now, or at `asOf` if that is later. Of a run: from its beginning on. */
                                undo?: {
                                    /** @description Until when undo is safe, RFC 3339. Null if the configuration does not tell when the registry collects its garbage (`expiry.gc`). */
                                    until: string | null;
                                    /** @description The same for people, half a sentence: `undo is safe until …`. */
                                    text: string;
                                };
                                /** @description What protects images and could not be read, and evictions that are not enough. */
                                warnings?: string[];
                                /** @description Why the run ended before its end, or waits. What it did is recorded. */
                                stopped?: string;
                                /** @description How many images and single tags had each outcome. */
                                outcomes: {
                                    /** @description Images that a dry run would delete. */
                                    planned: number;
                                    /** @description Tags that a dry run would delete, whose image stays for others. */
                                    plannedTags: number;
                                    /** @description Images that were deleted. */
                                    deleted: number;
                                    /** @description Tags that were deleted, whose image stays for others. */
                                    untagged: number;
                                    /** @description Images and single tags that the registry no longer had. */
                                    absent: number;
                                    /** @description Images and single tags that were kept after all. */
                                    moved: number;
                                    /** @description Images and single tags that the registry keeps. */
                                    refused: number;
                                    /** @description Images and single tags for which a request failed. */
                                    failed: number;
                                };
                            }[];
                            /** @description The `cursor` of the next page; null at the end of the list. */
                            next: string | null;
                        };
                    };
                };
            };
        };
        put?: never;
        /**
         * Run a policy now
         * @description With `mode: plan`, which is the default, every run of a policy is a dry run, whatever the request says. A token for some projects runs it in these only.
         */
        post: {
            parameters: {
                query?: never;
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody: {
                content: {
                    "application/json": {
                        /** @description The name of the policy. */
                        policy: string;
                        /** @description Its registry. Needed if the policy is for several. */
                        registry?: string;
                        /**
                         * @description Plan and record only; delete nothing. A run deletes only with `false`.
                         * @default true
                         */
                        dryRun: boolean;
                        /**
                         * @description Delete also where that is more than `expiry.maxShare` of the images of a project.
                         * @default false
                         */
                        acceptShare: boolean;
                        /** @description The id of a plan that was shown: the run deletes only what that plan deletes, and of that only what was not used since and still goes by a plan of now. */
                        plan?: string;
                    };
                };
            };
            responses: {
                /** @description Default Response */
                202: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": {
                            /** @description The id of the run. */
                            run: string;
                            /** @description The id of the job in the queue `expiry`. */
                            job: string;
                            /** @description Whether it only plans. */
                            dryRun: boolean;
                        };
                    };
                };
            };
        };
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/expiry/runs/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** A run, with its state and progress */
        get: {
            parameters: {
                query?: never;
                header?: never;
                path: {
                    /** @description The id of the run. */
                    id: string;
                };
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                /** @description Default Response */
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": {
                            /** @description The id of the run. */
                            id: string;
                            /** @description When it began, RFC 3339. */
                            at: string;
                            /** @description The name of the policy. */
                            policy: string;
                            /** @description The registry that it cleans. */
                            registry: string;
                            /** @description Whether it only planned. */
                            dryRun: boolean;
                            /** @description Globs over `registry/path`: it looked at these projects only. Absent: at all. */
                            projects?: string[];
                            /** @description Who or what asked for it. */
                            by: string;
                            /** @description Whether it may delete more than `expiry.maxShare` of a project. */
                            acceptShare?: boolean;
                            /** @description The plan that somebody has looked at and applied: the run deletes nothing else. Absent: there was none. */
                            plan?: {
                                /** @description The id of the plan. */
                                id: string;
                                /** @description When that plan was made, RFC 3339. */
                                asOf: string;
                                /** @description Images that it deletes at this registry. */
                                images: number;
                                /** @description Tags that it deletes alone there. */
                                tags: number;
                            };
                            /** @description `waiting`: it has not begun, or goes on later. `stopped`: a person or a change of its policy, or of a quota by which it evicts, ended it. `failed`: an error ended it. */
                            state: "waiting" | "running" | "done" | "stopped" | "failed";
                            /** @description How far it is, in images and single tags, and in bytes. */
                            progress: {
                                /** @description Images and single tags that the plan deletes. */
                                planned: number;
                                /** @description Bytes that the registry can free once all of them are deleted. */
                                plannedBytes: number;
                                /** @description Of these, those that are done with, deleted or not. */
                                done: number;
                                /** @description Of these bytes, those of the images that were deleted. */
                                freedBytes: number;
                            };
                            /** @description How many images stay, as in the record of the run. Absent for a token that sees only some of its projects: then all numbers are of these. */
                            kept?: number;
                            /** @description What the run has announced. Absent: nothing. */
                            announced?: {
                                /** @description Images, also those that belong to another one. */
                                images: number;
                                /** @description Tags that go alone, since their image stays. */
                                tags: number;
                                /** @description Bytes that the registry can free once they are deleted. */
                                bytes: number;
                                /** @description Until then all of it is safe, RFC 3339. */
                                until: string;
                            };
                            /** @description What earlier runs have announced, and whose notice is not over. Absent: nothing. */
                            waiting?: {
                                /** @description Images, also those that belong to another one. */
                                images: number;
                                /** @description Tags that go alone, since their image stays. */
                                tags: number;
                                /** @description Bytes that the registry can free once they are deleted. */
                                bytes: number;
                                /** @description Until then all of it is safe, RFC 3339. */
                                until: string;
                            };
                            /** @description Projects in which nothing was deleted, or no more: the plan deletes more than `expiry.maxShare`. */
                            held?: {
                                /** @description registry/path */
                                project: string;
                                /** @description Images that the plan deletes. */
                                deletes: number;
                                /** @description Images of the project that the policy is about. */
                                images: number;
                                /** @description Tags that the plan deletes alone. */
                                untags: number;
                                /** @description Tags of these images. */
                                tags: number;
                                /** @description Bytes that the registry could free if the plan were carried out. */
                                bytes: number;
                                /** @description Images and single tags that the run had deleted there when its plan of then became too large. Absent: it deleted nothing there. */
                                deleted?: number;
                            }[];
                            /** @description Until when undo is safe, of what is deleted now, or at `asOf` if that is later. Of a run: from its beginning on. */
                            undo?: {
                                /** @description Until when undo is safe, RFC 3339. Null if the configuration does not tell when the registry collects its garbage (`expiry.gc`). */
                                until: string | null;
                                /** @description The same for people, half a sentence: `undo is safe until …`. */
                                text: string;
                            };
                            /** @description What protects images and could not be read, and evictions that are not enough. */
                            warnings?: string[];
                            /** @description Why the run ended before its end, or waits. What it did is recorded. */
                            stopped?: string;
                            /** @description How many images and single tags had each outcome. */
                            outcomes: {
                                /** @description Images that a dry run would delete. */
                                planned: number;
                                /** @description Tags that a dry run would delete, whose image stays for others. */
                                plannedTags: number;
                                /** @description Images that were deleted. */
                                deleted: number;
                                /** @description Tags that were deleted, whose image stays for others. */
                                untagged: number;
                                /** @description Images and single tags that the registry no longer had. */
                                absent: number;
                                /** @description Images and single tags that were kept after all. */
                                moved: number;
                                /** @description Images and single tags that the registry keeps. */
                                refused: number;
                                /** @description Images and single tags for which a request failed. */
                                failed: number;
                            };
                        };
                    };
                };
            };
        };
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/expiry/runs/{id}/deletes": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** The images that a run deleted, or a dry run would delete, in the order of the run */
        get: {
            parameters: {
                query: {
                    /** @description How many there are on a page at most. */
                    limit: number;
                    /** @description `next` of the page before. */
                    cursor?: string;
                };
                header?: never;
                path: {
                    /** @description The id of the run. */
                    id: string;
                };
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                /** @description Default Response */
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": {
                            /** @description The deletes of the page. */
                            deletes: {
                                /** @description The project, `registry/path`. */
                                project: string;
                                /** @description The repository in the registry. */
                                repository: string;
                                /** @description The digest of the manifest. */
                                digest: string;
                                /** @description The tags that name it. */
                                tags: string[];
                                /** @description What the policy does with it. `untag`: some of its tags go, and it stays for the others: see `untag`. */
                                verdict: "delete" | "untag" | "keep";
                                /** @description The tags that go, if the image stays for others. */
                                untag?: string[];
                                /** @description The name of the rule that decided, or the dialect of the policy if that decided; null if neither did. */
                                rule: string | null;
                                /** @description Why, for people. */
                                reason: string;
                                /**
                                 * @description No rule keeps it, and none expires it: `evict` may take it.
                                 * @enum {boolean}
                                 */
                                isLeft?: true;
                                /**
                                 * @description It stays only because an image of its repository is new and was not read yet.
                                 * @enum {boolean}
                                 */
                                isUnread?: true;
                                /** @description Rules that nearly decided otherwise, a sentence each. */
                                nearMisses?: string[];
                                /** @description Bytes that the registry can free once this image and all before it in the plan are deleted, in addition to those before it. Absent if it is kept, or if the plan has no bytes. */
                                reclaimableBytes?: number;
                                /** @description The same of the project's unique bytes, which count against its quota. */
                                uniqueBytes?: number;
                                /** @description `planned`: this was a dry run. `untagged`: the tag in `untag` was deleted, and the image stays for others. `absent`: the registry no longer had the image, or the tag. `moved`: the image was kept, because the plan no longer deletes it, one of its tags at the registry points elsewhere, the registry cannot read a tag that may name it, it belongs to an image that was kept, or its manifest names a subject that no event told. `refused`: the registry keeps it. `failed`: a request for it failed; a later run tries again. */
                                outcome: "planned" | "deleted" | "untagged" | "absent" | "moved" | "refused" | "failed";
                                /** @description What the registry answered, or what has moved. */
                                why?: string;
                                /** @description Bytes that the registry can free since it was deleted, in addition to those deleted before it. 0 if it was not. */
                                bytes?: number;
                            }[];
                            /** @description The `cursor` of the next page; null at the end of the list. */
                            next: string | null;
                        };
                    };
                };
            };
        };
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/expiry/stop": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Stop the runs that are in hand or wait
         * @description A run in hand ends before its next delete, in whatever process it is. A token for some projects stops only runs that are limited to these. What the schedule asks for later is not stopped: `mode: plan` does that.
         */
        post: {
            parameters: {
                query?: never;
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody: {
                content: {
                    "application/json": {
                        /** @description Only this run, by its id. */
                        run?: string;
                        /** @description Only runs of this policy. Default: all. */
                        policy?: string;
                        /** @description Only runs at this registry. Default: all. */
                        registry?: string;
                    };
                };
            };
            responses: {
                /** @description Default Response */
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": {
                            /** @description The runs that are stopped by this request. */
                            stopped: {
                                /** @description The id of the run. */
                                run: string;
                                /** @description Its policy. */
                                policy: string;
                                /** @description Its registry. */
                                registry: string;
                            }[];
                        };
                    };
                };
            };
        };
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/replays": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Replays of policies that have ended, newest first */
        get: {
            parameters: {
                query: {
                    /** @description How many there are on a page at most. */
                    limit: number;
                    /** @description `next` of the page before. */
                    cursor?: string;
                };
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                /** @description Default Response */
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": {
                            /** @description How far the journal is behind. */
                            journal: {
                                /** @description Whether events are recorded: `journal.enabled`. */
                                isEnabled: boolean;
                                /** @description Bytes that wait in Redis to be written to the store. */
                                waitingBytes: number;
                                /** @description How long the oldest of them wait. More than ten minutes: the store does not take them. */
                                oldestWaitingSeconds: number;
                                /** @description Entries that were left out for lack of room since it was written last. */
                                leftOut: number;
                            };
                            /** @description The one that has not ended. Null if there is none. */
                            running: {
                                /** @description The id of the replay. */
                                id: string;
                                /** @description When it was asked for, RFC 3339. */
                                at: string;
                                /** @description Who asked for it. */
                                by: string;
                                /**
                                 * @description How far it is.
                                 * @enum {unknown}
                                 */
                                state: "waiting" | "running" | "done" | "failed";
                                /** @description Why it failed. */
                                why?: string;
                                /** @description While it runs. */
                                progress?: {
                                    /** @description Objects of the journal that are done. */
                                    objects: number;
                                    /** @description All that are to be read. */
                                    of: number;
                                };
                                /** @description What came out, once it is done. */
                                result?: {
                                    /** @description When the replay begins: not before the journal, RFC 3339. */
                                    from: string;
                                    /** @description When it ends, RFC 3339. */
                                    to: string;
                                    /** @description Entries of the journal that were replayed, each once. */
                                    events: number;
                                    /** @description The key of the snapshot from which it began. Null: it began with nothing. */
                                    baseline: string | null;
                                    /** @description What the answer does not know, a sentence each. Read it before the numbers. */
                                    notKnown: string[];
                                    /** @description What each policy would have done, at each of its registries. */
                                    policies: {
                                        /** @description The name of the policy. */
                                        policy: string;
                                        /** @description The registry that it would have cleaned. */
                                        registry: string;
                                        /** @description How many runs there would have been. */
                                        plans: number;
                                        /** @description Images that would have been deleted. One that was pushed again and deleted again counts again. */
                                        images: number;
                                        /** @description Tags that would have been deleted alone, whose image stays. */
                                        tags: number;
                                        /** @description Bytes that this would have freed, of those that a project's quota counts. */
                                        bytes: number;
                                        /** @description What was asked for after it would have been deleted. */
                                        regretted: {
                                            /** @description Of the images, those that somebody pulled afterwards, before they were pushed again. */
                                            images: number;
                                            /** @description Of the tags, those by which somebody pulled afterwards. */
                                            tags: number;
                                            /** @description Pulls that would have failed. */
                                            pulls: number;
                                            /** @description Bytes of these images, each content once in a project: what would have to come back. */
                                            bytes: number;
                                        };
                                        /** @description Of the images and tags, those that the recorded past deleted, too. Whether they would have been pulled later is not known. */
                                        deletedAnyway: number;
                                        /** @description The same for each rule that would have deleted something, most images first. */
                                        rules: {
                                            /** @description Its name in plans. */
                                            rule: string;
                                            /** @description Images that would have been deleted. One that was pushed again and deleted again counts again. */
                                            images: number;
                                            /** @description Tags that would have been deleted alone, whose image stays. */
                                            tags: number;
                                            /** @description Bytes that this would have freed, of those that a project's quota counts. */
                                            bytes: number;
                                            /** @description What was asked for after it would have been deleted. */
                                            regretted: {
                                                /** @description Of the images, those that somebody pulled afterwards, before they were pushed again. */
                                                images: number;
                                                /** @description Of the tags, those by which somebody pulled afterwards. */
                                                tags: number;
                                                /** @description Pulls that would have failed. */
                                                pulls: number;
                                                /** @description Bytes of these images, each content once in a project: what would have to come back. */
                                                bytes: number;
                                            };
                                            /** @description Of the images and tags, those that the recorded past deleted, too. Whether they would have been pulled later is not known. */
                                            deletedAnyway: number;
                                        }[];
                                        /** @description Some of what was regretted, the most pulled first. */
                                        examples: {
                                            /** @description `registry/repository@digest`, or `registry/repository:tag` for a single tag. */
                                            image: string;
                                            /** @description The tags that it had. */
                                            tags: string[];
                                            /** @description The rule that would have deleted it. */
                                            rule: string;
                                            /** @description When, RFC 3339. */
                                            deletedAt: string;
                                            /** @description When it was first pulled after that, RFC 3339. */
                                            pulledAt: string;
                                            /** @description How often. */
                                            pulls: number;
                                        }[];
                                        /** @description Runs in a project that would have been held, as they delete more than `expiry.maxShare`. Here they are not. */
                                        pastShare: number;
                                    }[];
                                };
                            } | null;
                            /** @description The replays of the page. */
                            replays: {
                                /** @description The id of the replay. */
                                id: string;
                                /** @description When it was asked for, RFC 3339. */
                                at: string;
                                /** @description Who asked for it. */
                                by: string;
                                /**
                                 * @description How far it is.
                                 * @enum {unknown}
                                 */
                                state: "waiting" | "running" | "done" | "failed";
                                /** @description Why it failed. */
                                why?: string;
                                /** @description While it runs. */
                                progress?: {
                                    /** @description Objects of the journal that are done. */
                                    objects: number;
                                    /** @description All that are to be read. */
                                    of: number;
                                };
                                /** @description What came out, once it is done. */
                                result?: {
                                    /** @description When the replay begins: not before the journal, RFC 3339. */
                                    from: string;
                                    /** @description When it ends, RFC 3339. */
                                    to: string;
                                    /** @description Entries of the journal that were replayed, each once. */
                                    events: number;
                                    /** @description The key of the snapshot from which it began. Null: it began with nothing. */
                                    baseline: string | null;
                                    /** @description What the answer does not know, a sentence each. Read it before the numbers. */
                                    notKnown: string[];
                                    /** @description What each policy would have done, at each of its registries. */
                                    policies: {
                                        /** @description The name of the policy. */
                                        policy: string;
                                        /** @description The registry that it would have cleaned. */
                                        registry: string;
                                        /** @description How many runs there would have been. */
                                        plans: number;
                                        /** @description Images that would have been deleted. One that was pushed again and deleted again counts again. */
                                        images: number;
                                        /** @description Tags that would have been deleted alone, whose image stays. */
                                        tags: number;
                                        /** @description Bytes that this would have freed, of those that a project's quota counts. */
                                        bytes: number;
                                        /** @description What was asked for after it would have been deleted. */
                                        regretted: {
                                            /** @description Of the images, those that somebody pulled afterwards, before they were pushed again. */
                                            images: number;
                                            /** @description Of the tags, those by which somebody pulled afterwards. */
                                            tags: number;
                                            /** @description Pulls that would have failed. */
                                            pulls: number;
                                            /** @description Bytes of these images, each content once in a project: what would have to come back. */
                                            bytes: number;
                                        };
                                        /** @description Of the images and tags, those that the recorded past deleted, too. Whether they would have been pulled later is not known. */
                                        deletedAnyway: number;
                                        /** @description The same for each rule that would have deleted something, most images first. */
                                        rules: {
                                            /** @description Its name in plans. */
                                            rule: string;
                                            /** @description Images that would have been deleted. One that was pushed again and deleted again counts again. */
                                            images: number;
                                            /** @description Tags that would have been deleted alone, whose image stays. */
                                            tags: number;
                                            /** @description Bytes that this would have freed, of those that a project's quota counts. */
                                            bytes: number;
                                            /** @description What was asked for after it would have been deleted. */
                                            regretted: {
                                                /** @description Of the images, those that somebody pulled afterwards, before they were pushed again. */
                                                images: number;
                                                /** @description Of the tags, those by which somebody pulled afterwards. */
                                                tags: number;
                                                /** @description Pulls that would have failed. */
                                                pulls: number;
                                                /** @description Bytes of these images, each content once in a project: what would have to come back. */
                                                bytes: number;
                                            };
                                            /** @description Of the images and tags, those that the recorded past deleted, too. Whether they would have been pulled later is not known. */
                                            deletedAnyway: number;
                                        }[];
                                        /** @description Some of what was regretted, the most pulled first. */
                                        examples: {
                                            /** @description `registry/repository@digest`, or `registry/repository:tag` for a single tag. */
                                            image: string;
                                            /** @description The tags that it had. */
                                            tags: string[];
                                            /** @description The rule that would have deleted it. */
                                            rule: string;
                                            /** @description When, RFC 3339. */
                                            deletedAt: string;
                                            /** @description When it was first pulled after that, RFC 3339. */
                                            pulledAt: string;
                                            /** @description How often. */
                                            pulls: number;
                                        }[];
                                        /** @description Runs in a project that would have been held, as they delete more than `expiry.maxShare`. Here they are not. */
                                        pastShare: number;
                                    }[];
                                };
                            }[];
                            /** @description The `cursor` of the next page; null at the end of the list. */
                            next: string | null;
                        };
                    };
                };
            };
        };
        put?: never;
        /**
         * Replay policies over the recorded past
         * @description What they would have deleted since then, and how often something of it was pulled afterwards. It needs `journal.enabled`. Nothing is deleted. One replay runs at a time.
         */
        post: {
            parameters: {
                query?: never;
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody: {
                content: {
                    "application/json": {
                        /** @description Policies to compare: each the name of a configured one, or one as it stands in `expiry.policies`. Each runs by its `schedule`. */
                        policies: unknown[];
                        /** @description A duration such as `30d`, a day such as `2026-11-01`, or a time in RFC 3339. */
                        since: string;
                        /** @description The same. Default: now. */
                        until?: string;
                    };
                };
            };
            responses: {
                /** @description Default Response */
                202: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": {
                            /** @description The job. `GET /v1/jobs/:queue/:id` tells its progress. */
                            job: {
                                /** @description The queue that it is in. */
                                queue: string;
                                /** @description The id of the job in its queue. */
                                id: string;
                            };
                        } & {
                            /** @description The id of the replay. */
                            replay: string;
                        };
                    };
                };
            };
        };
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/replays/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** A replay: how far it is, and what came out */
        get: {
            parameters: {
                query?: never;
                header?: never;
                path: {
                    /** @description The id of the replay. */
                    id: string;
                };
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                /** @description Default Response */
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": {
                            /** @description The id of the replay. */
                            id: string;
                            /** @description When it was asked for, RFC 3339. */
                            at: string;
                            /** @description Who asked for it. */
                            by: string;
                            /**
                             * @description How far it is.
                             * @enum {unknown}
                             */
                            state: "waiting" | "running" | "done" | "failed";
                            /** @description Why it failed. */
                            why?: string;
                            /** @description While it runs. */
                            progress?: {
                                /** @description Objects of the journal that are done. */
                                objects: number;
                                /** @description All that are to be read. */
                                of: number;
                            };
                            /** @description What came out, once it is done. */
                            result?: {
                                /** @description When the replay begins: not before the journal, RFC 3339. */
                                from: string;
                                /** @description When it ends, RFC 3339. */
                                to: string;
                                /** @description Entries of the journal that were replayed, each once. */
                                events: number;
                                /** @description The key of the snapshot from which it began. Null: it began with nothing. */
                                baseline: string | null;
                                /** @description What the answer does not know, a sentence each. Read it before the numbers. */
                                notKnown: string[];
                                /** @description What each policy would have done, at each of its registries. */
                                policies: {
                                    /** @description The name of the policy. */
                                    policy: string;
                                    /** @description The registry that it would have cleaned. */
                                    registry: string;
                                    /** @description How many runs there would have been. */
                                    plans: number;
                                    /** @description Images that would have been deleted. One that was pushed again and deleted again counts again. */
                                    images: number;
                                    /** @description Tags that would have been deleted alone, whose image stays. */
                                    tags: number;
                                    /** @description Bytes that this would have freed, of those that a project's quota counts. */
                                    bytes: number;
                                    /** @description What was asked for after it would have been deleted. */
                                    regretted: {
                                        /** @description Of the images, those that somebody pulled afterwards, before they were pushed again. */
                                        images: number;
                                        /** @description Of the tags, those by which somebody pulled afterwards. */
                                        tags: number;
                                        /** @description Pulls that would have failed. */
                                        pulls: number;
                                        /** @description Bytes of these images, each content once in a project: what would have to come back. */
                                        bytes: number;
                                    };
                                    /** @description Of the images and tags, those that the recorded past deleted, too. Whether they would have been pulled later is not known. */
                                    deletedAnyway: number;
                                    /** @description The same for each rule that would have deleted something, most images first. */
                                    rules: {
                                        /** @description Its name in plans. */
                                        rule: string;
                                        /** @description Images that would have been deleted. One that was pushed again and deleted again counts again. */
                                        images: number;
                                        /** @description Tags that would have been deleted alone, whose image stays. */
                                        tags: number;
                                        /** @description Bytes that this would have freed, of those that a project's quota counts. */
                                        bytes: number;
                                        /** @description What was asked for after it would have been deleted. */
                                        regretted: {
                                            /** @description Of the images, those that somebody pulled afterwards, before they were pushed again. */
                                            images: number;
                                            /** @description Of the tags, those by which somebody pulled afterwards. */
                                            tags: number;
                                            /** @description Pulls that would have failed. */
                                            pulls: number;
                                            /** @description Bytes of these images, each content once in a project: what would have to come back. */
                                            bytes: number;
                                        };
                                        /** @description Of the images and tags, those that the recorded past deleted, too. Whether they would have been pulled later is not known. */
                                        deletedAnyway: number;
                                    }[];
                                    /** @description Some of what was regretted, the most pulled first. */
                                    examples: {
                                        /** @description `registry/repository@digest`, or `registry/repository:tag` for a single tag. */
                                        image: string;
                                        /** @description The tags that it had. */
                                        tags: string[];
                                        /** @description The rule that would have deleted it. */
                                        rule: string;
                                        /** @description When, RFC 3339. */
                                        deletedAt: string;
                                        /** @description When it was first pulled after that, RFC 3339. */
                                        pulledAt: string;
                                        /** @description How often. */
                                        pulls: number;
                                    }[];
                                    /** @description Runs in a project that would have been held, as they delete more than `expiry.maxShare`. Here they are not. */
                                    pastShare: number;
                                }[];
                            };
                        };
                    };
                };
            };
        };
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/expiry/keeps": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Images that people keep, the oldest keep first */
        get: {
            parameters: {
                query: {
                    /** @description Only keeps of this name of an image. */
                    image?: string;
                    /** @description Only keeps of images of this project, `registry/path`. */
                    project?: string;
                    /** @description How many there are on a page at most. */
                    limit: number;
                    /** @description `next` of the page before. */
                    cursor?: string;
                };
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                /** @description Default Response */
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": {
                            /** @description The keeps of the page. */
                            keeps: {
                                /** @description Names it in requests. */
                                id: string;
                                /** @description `registry/repository:tag`: whatever the tag names, now and later. Or `registry/repository@digest`: that image. */
                                image: string;
                                /** @description When it was asked for, RFC 3339. */
                                since: string;
                                /** @description When it ends, RFC 3339. Null if it does not end by itself. */
                                until: string | null;
                                /** @description Who asked for it, by their own word. Null if it is not known. */
                                by: string | null;
                                /** @description Why, by their own word. Null if they gave no reason. */
                                why: string | null;
                            }[];
                            /** @description The `cursor` of the next page; null at the end of the list. */
                            next: string | null;
                        };
                    };
                };
            };
        };
        put?: never;
        /**
         * Keep an image, whatever the policies say
         * @description It holds in every process within about two seconds, also for a run in hand. An image may have several keeps; it stays until the last one has ended.
         */
        post: {
            parameters: {
                query?: never;
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody: {
                content: {
                    "application/json": {
                        /** @description `registry/repository:tag`: whatever the tag names, now and later. Or `registry/repository@digest`: that image. */
                        image: string;
                        /** @description For how long, such as 30d. Default: until it is removed. */
                        for?: string;
                        /** @description Why. Plans show it. */
                        why?: string;
                        /** @description Who asks for it. It is not kept with `actors: false` in the configuration. */
                        by?: string;
                    };
                };
            };
            responses: {
                /** @description Default Response */
                201: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": {
                            /** @description Names it in requests. */
                            id: string;
                            /** @description `registry/repository:tag`: whatever the tag names, now and later. Or `registry/repository@digest`: that image. */
                            image: string;
                            /** @description When it was asked for, RFC 3339. */
                            since: string;
                            /** @description When it ends, RFC 3339. Null if it does not end by itself. */
                            until: string | null;
                            /** @description Who asked for it, by their own word. Null if it is not known. */
                            by: string | null;
                            /** @description Why, by their own word. Null if they gave no reason. */
                            why: string | null;
                        };
                    };
                };
            };
        };
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/expiry/keeps/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post?: never;
        /** End a keep */
        delete: {
            parameters: {
                query?: never;
                header?: never;
                path: {
                    /** @description Names it in requests. */
                    id: string;
                };
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                /** @description Default Response */
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": {
                            /** @description The id of the keep. */
                            removed: string;
                        };
                    };
                };
            };
        };
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/trash": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Images and tags that expiry has deleted, by registry and repository
         * @description An entry stays for `expiry.trash.keep`, also when its image was restored: then it has `restoredAt`. One whose delete failed has an entry, too. An entry with `tag` is of a tag that was deleted alone: another tag named its image, which stayed.
         */
        get: {
            parameters: {
                query: {
                    /** @description Only images of this registry. */
                    registry?: string;
                    /** @description Only images of this repository. It needs `registry`. */
                    repository?: string;
                    /** @description Only images of repositories whose name has this text, or whose digest begins with it. */
                    search?: string;
                    /** @description Only what a purge with this `before` would delete, RFC 3339. */
                    before?: string;
                    /** @description How many there are on a page at most. */
                    limit: number;
                    /** @description `next` of the page before. */
                    cursor?: string;
                };
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                /** @description Default Response */
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": {
                            /** @description The images of the page. */
                            images: {
                                /** @description Names it in requests: registry/repository@digest, or registry/repository:tag@digest if only the tag was deleted. */
                                id: string;
                                /** @description When it was put into the trash, RFC 3339. */
                                at: string;
                                /** @description The id of the run that deleted it. */
                                run: string;
                                /** @description The name of the policy that deleted it. */
                                policy: string;
                                /** @description The registry that it was in. */
                                registry: string;
                                /** @description The project, `registry/path`. */
                                project: string;
                                /** @description The repository in the registry. */
                                repository: string;
                                /** @description The digest of the manifest. */
                                digest: string;
                                /** @description The tags that name it. */
                                tags: string[];
                                /** @description What the policy does with it. `untag`: some of its tags go, and it stays for the others: see `untag`. */
                                verdict: "delete" | "untag" | "keep";
                                /** @description The tags that go, if the image stays for others. */
                                untag?: string[];
                                /** @description The name of the rule that decided, or the dialect of the policy if that decided; null if neither did. */
                                rule: string | null;
                                /** @description Why, for people. */
                                reason: string;
                                /**
                                 * @description No rule keeps it, and none expires it: `evict` may take it.
                                 * @enum {boolean}
                                 */
                                isLeft?: true;
                                /**
                                 * @description It stays only because an image of its repository is new and was not read yet.
                                 * @enum {boolean}
                                 */
                                isUnread?: true;
                                /** @description Rules that nearly decided otherwise, a sentence each. */
                                nearMisses?: string[];
                                /** @description Bytes that the registry can free once this image and all before it in the plan are deleted, in addition to those before it. Absent if it is kept, or if the plan has no bytes. */
                                reclaimableBytes?: number;
                                /** @description The same of the project's unique bytes, which count against its quota. */
                                uniqueBytes?: number;
                                /** @description Only this tag was deleted. The image stayed, since another tag names it. */
                                tag?: string;
                                /** @description When a restore brought it back, or found it there, RFC 3339. Absent if none did. */
                                restoredAt?: string;
                                /** @description The media type of the manifest. */
                                mediaType: string;
                                /** @description Until when a restore is safe: then the registry may have collected its content. Null if the configuration does not tell when that is (`expiry.gc`). */
                                undoUntil: string | null;
                                /**
                                 * Format: date-time
                                 * @description From when on a worker deletes the entry, once it comes to it (`expiry.trash.keep`).
                                 */
                                forgottenAt: string;
                            }[];
                            /** @description The `cursor` of the next page; null at the end of the list. */
                            next: string | null;
                        };
                    };
                };
            };
        };
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/trash/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** An image in the trash, with its manifest */
        get: {
            parameters: {
                query?: never;
                header?: never;
                path: {
                    /** @description registry/repository@digest, URL-encoded; for a tag that was deleted alone registry/repository:tag@digest. Or registry/repository:tag: of the images that had the tag, the one that lost it last. */
                    id: string;
                };
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                /** @description Default Response */
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": {
                            /** @description Names it in requests: registry/repository@digest, or registry/repository:tag@digest if only the tag was deleted. */
                            id: string;
                            /** @description When it was put into the trash, RFC 3339. */
                            at: string;
                            /** @description The id of the run that deleted it. */
                            run: string;
                            /** @description The name of the policy that deleted it. */
                            policy: string;
                            /** @description The registry that it was in. */
                            registry: string;
                            /** @description The project, `registry/path`. */
                            project: string;
                            /** @description The repository in the registry. */
                            repository: string;
                            /** @description The digest of the manifest. */
                            digest: string;
                            /** @description The tags that name it. */
                            tags: string[];
                            /** @description What the policy does with it. `untag`: some of its tags go, and it stays for the others: see `untag`. */
                            verdict: "delete" | "untag" | "keep";
                            /** @description The tags that go, if the image stays for others. */
                            untag?: string[];
                            /** @description The name of the rule that decided, or the dialect of the policy if that decided; null if neither did. */
                            rule: string | null;
                            /** @description Why, for people. */
                            reason: string;
                            /**
                             * @description No rule keeps it, and none expires it: `evict` may take it.
                             * @enum {boolean}
                             */
                            isLeft?: true;
                            /**
                             * @description It stays only because an image of its repository is new and was not read yet.
                             * @enum {boolean}
                             */
                            isUnread?: true;
                            /** @description Rules that nearly decided otherwise, a sentence each. */
                            nearMisses?: string[];
                            /** @description Bytes that the registry can free once this image and all before it in the plan are deleted, in addition to those before it. Absent if it is kept, or if the plan has no bytes. */
                            reclaimableBytes?: number;
                            /** @description The same of the project's unique bytes, which count against its quota. */
                            uniqueBytes?: number;
                            /** @description Only this tag was deleted. The image stayed, since another tag names it. */
                            tag?: string;
                            /** @description When a restore brought it back, or found it there, RFC 3339. Absent if none did. */
                            restoredAt?: string;
                            /** @description The media type of the manifest. */
                            mediaType: string;
                            /** @description Until when a restore is safe: then the registry may have collected its content. Null if the configuration does not tell when that is (`expiry.gc`). */
                            undoUntil: string | null;
                            /**
                             * Format: date-time
                             * @description From when on a worker deletes the entry, once it comes to it (`expiry.trash.keep`).
                             */
                            forgottenAt: string;
                            /** @description The bytes of the manifest, in base64. */
                            manifest: string;
                        };
                    };
                };
            };
        };
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/trash/{id}/restore": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Bring an image back
         * @description Puts back what it lists, the image, its tags, and the signatures that were deleted with it. Of a tag that was deleted alone, puts the tag back, and the image if it was deleted since. The answer comes when all is done; to ask again does no harm. If a blob or a manifest that it needs is gone, the answer is 409 and nothing was put. It is 409, too, while a collection of garbage makes the registry read-only.
         */
        post: {
            parameters: {
                query?: never;
                header?: never;
                path: {
                    /** @description registry/repository@digest, URL-encoded; for a tag that was deleted alone registry/repository:tag@digest. Or registry/repository:tag: of the images that had the tag, the one that lost it last. */
                    id: string;
                };
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                /** @description Default Response */
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": {
                            /** @description The registry. */
                            registry: string;
                            /** @description The repository in the registry. */
                            repository: string;
                            /** @description The digest of the image. */
                            digest: string;
                            /** @description The manifests of the image and of its signatures and other referrers, in the order in which they were put. */
                            manifests: {
                                /** @description The digest of the manifest. */
                                digest: string;
                                /** @description `present`: the registry had it. */
                                outcome: "restored" | "present";
                            }[];
                            /** @description The tags that they had. */
                            tags: {
                                /** @description The name of the tag. */
                                name: string;
                                /** @description The manifest that had it. */
                                digest: string;
                                /** @description `present`: the tag was there. `elsewhere`: it names another manifest now, and stays there. */
                                outcome: "restored" | "present" | "elsewhere";
                                /** @description The manifest that the tag names now. */
                                names: string;
                            }[];
                            /** @description Signatures and other referrers that were deleted with the image and cannot come back. */
                            lost: {
                                /** @description The digest of the manifest. */
                                digest: string;
                                /** @description The tags that it had. */
                                tags: string[];
                                /** @description What it needs and is gone. */
                                why: string;
                            }[];
                        };
                    };
                };
            };
        };
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/trash/purge": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Delete old entries of the trash for good
         * @description A worker does this by itself with what is older than `expiry.trash.keep`. Without its entry, an image cannot be brought back.
         */
        post: {
            parameters: {
                query?: never;
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody: {
                content: {
                    "application/json": {
                        /**
                         * Format: date-time
                         * @description RFC 3339. What was put into the trash before this time is deleted, by the clock of the store. What was restored counts from then on.
                         */
                        before: string;
                    };
                };
            };
            responses: {
                /** @description Default Response */
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": {
                            /** @description How many entries were deleted. */
                            purged: number;
                        };
                    };
                };
            };
        };
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/jobs": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** The number of jobs in each queue, by state */
        get: {
            parameters: {
                query?: never;
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                /** @description Default Response */
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": {
                            /** @description All queues. */
                            queues: {
                                /**
                                 * @description The name of the queue.
                                 * @enum {unknown}
                                 */
                                queue: "events" | "quota" | "alerts" | "promotion" | "expiry" | "snapshot" | "history" | "outgoing" | "resolve" | "reconcile" | "storage" | "deliveries" | "integrity" | "collections" | "journal";
                                /** @description Jobs whose turn has not come. */
                                waiting: number;
                                /** @description Jobs in hand. */
                                active: number;
                                /** @description Jobs that run later. */
                                delayed: number;
                                /** @description Jobs that failed for good. */
                                failed: number;
                                /** @description When the delayed job, or the next of them, runs at the earliest. Null if none is delayed. */
                                nextRunAt: string | null;
                            }[];
                        };
                    };
                };
            };
        };
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/jobs/{queue}/failed": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Failed jobs of a queue, newest first
         * @description `total` counts all of them. A page has fewer than `limit` if their data is large. While jobs come and go, a job may be on two pages, or on none.
         */
        get: {
            parameters: {
                query: {
                    /** @description How many there are on a page at most. */
                    limit: number;
                    /** @description `next` of the page before. */
                    cursor?: string;
                };
                header?: never;
                path: {
                    /** @description The name of the queue. */
                    queue: "events" | "quota" | "alerts" | "promotion" | "expiry" | "snapshot" | "history" | "outgoing" | "resolve" | "reconcile" | "storage" | "deliveries" | "integrity" | "collections" | "journal";
                };
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                /** @description Default Response */
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": {
                            /** @description How many there are on all pages. */
                            total: number;
                            /** @description The jobs of the page. */
                            jobs: {
                                /** @description The id of the job in its queue. */
                                id: string;
                                /** @description The number of attempts that have ended. */
                                attempts: number;
                                /** @description Why the last attempt failed; null if none did. */
                                failedReason: string | null;
                                /** @description When it failed for good. */
                                failedAt: string | null;
                                /** @description When the delayed job, or the next of them, runs at the earliest. Null if none is delayed. */
                                nextRunAt: string | null;
                                /** @description What the job has to do. */
                                data: unknown;
                            }[];
                            /** @description The `cursor` of the next page; null at the end of the list. */
                            next: string | null;
                        };
                    };
                };
            };
        };
        put?: never;
        post?: never;
        /** Discard all failed jobs of a queue */
        delete: {
            parameters: {
                query: {
                    /** @description Must be true for the queue `events`. */
                    loseEvents: boolean;
                };
                header?: never;
                path: {
                    /** @description The name of the queue. */
                    queue: "events" | "quota" | "alerts" | "promotion" | "expiry" | "snapshot" | "history" | "outgoing" | "resolve" | "reconcile" | "storage" | "deliveries" | "integrity" | "collections" | "journal";
                };
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                /** @description Default Response */
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": {
                            /** @description How many jobs were deleted. */
                            discarded: number;
                        };
                    };
                };
            };
        };
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/jobs/{queue}/delayed": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Jobs of a queue that run later, the next one first
         * @description `total` counts all of them. A page has fewer than `limit` if their data is large. While jobs come and go, a job may be on two pages, or on none.
         */
        get: {
            parameters: {
                query: {
                    /** @description How many there are on a page at most. */
                    limit: number;
                    /** @description `next` of the page before. */
                    cursor?: string;
                };
                header?: never;
                path: {
                    /** @description The name of the queue. */
                    queue: "events" | "quota" | "alerts" | "promotion" | "expiry" | "snapshot" | "history" | "outgoing" | "resolve" | "reconcile" | "storage" | "deliveries" | "integrity" | "collections" | "journal";
                };
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                /** @description Default Response */
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": {
                            /** @description How many there are on all pages. */
                            total: number;
                            /** @description The jobs of the page. */
                            jobs: {
                                /** @description The id of the job in its queue. */
                                id: string;
                                /** @description The number of attempts that have ended. */
                                attempts: number;
                                /** @description Why the last attempt failed; null if none did. */
                                failedReason: string | null;
                                /** @description When it failed for good. */
                                failedAt: string | null;
                                /** @description When the delayed job, or the next of them, runs at the earliest. Null if none is delayed. */
                                nextRunAt: string | null;
                                /** @description What the job has to do. */
                                data: unknown;
                            }[];
                            /** @description The `cursor` of the next page; null at the end of the list. */
                            next: string | null;
                        };
                    };
                };
            };
        };
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/jobs/{queue}/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * The state, progress and data of a job
         * @description Done jobs of `alerts`, `outgoing`, `promotion`, `expiry`, `snapshot` and `reconcile` are kept for a day, those of other queues are not kept.
         */
        get: {
            parameters: {
                query?: never;
                header?: never;
                path: {
                    /** @description The name of the queue. */
                    queue: "events" | "quota" | "alerts" | "promotion" | "expiry" | "snapshot" | "history" | "outgoing" | "resolve" | "reconcile" | "storage" | "deliveries" | "integrity" | "collections" | "journal";
                    /** @description The id of the job in its queue. */
                    id: string;
                };
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                /** @description Default Response */
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": {
                            /** @description The id of the job in its queue. */
                            id: string;
                            /** @description BullMQ's: waiting, delayed, active, completed, failed … */
                            state: string;
                            /** @description The number of attempts that have ended. */
                            attempts: number;
                            /** @description The job's last report of its progress; 0 before the first. */
                            progress: unknown;
                            /** @description Why the last attempt that failed did; null if none did, or if the job is completed. */
                            failedReason: string | null;
                            /** @description The job's result; null until it is completed. */
                            result: unknown;
                            /** @description What the job has to do. */
                            data: unknown;
                        };
                    };
                };
            };
        };
        put?: never;
        post?: never;
        /** Discard a failed job */
        delete: {
            parameters: {
                query: {
                    /** @description Must be true for the queue `events`. */
                    loseEvents: boolean;
                };
                header?: never;
                path: {
                    /** @description The name of the queue. */
                    queue: "events" | "quota" | "alerts" | "promotion" | "expiry" | "snapshot" | "history" | "outgoing" | "resolve" | "reconcile" | "storage" | "deliveries" | "integrity" | "collections" | "journal";
                    /** @description The id of the job. */
                    id: string;
                };
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                /** @description Default Response */
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": {
                            /** @description How many jobs were deleted. */
                            discarded: number;
                        };
                    };
                };
            };
        };
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/jobs/{queue}/{id}/retry": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Retry a failed job
         * @description It gets all of its attempts again.
         */
        post: {
            parameters: {
                query?: never;
                header?: never;
                path: {
                    /** @description The name of the queue. */
                    queue: "events" | "quota" | "alerts" | "promotion" | "expiry" | "snapshot" | "history" | "outgoing" | "resolve" | "reconcile" | "storage" | "deliveries" | "integrity" | "collections" | "journal";
                    /** @description The id of the job. */
                    id: string;
                };
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                /** @description Default Response */
                202: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": {
                            /** @description The id of the job. */
                            id: string;
                        };
                    };
                };
            };
        };
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/jobs/{queue}/failed/retry": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Retry all failed jobs of a queue */
        post: {
            parameters: {
                query?: never;
                header?: never;
                path: {
                    /** @description The name of the queue. */
                    queue: "events" | "quota" | "alerts" | "promotion" | "expiry" | "snapshot" | "history" | "outgoing" | "resolve" | "reconcile" | "storage" | "deliveries" | "integrity" | "collections" | "journal";
                };
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                /** @description Default Response */
                202: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": {
                            /** @description How many jobs run again. */
                            retried: number;
                        };
                    };
                };
            };
        };
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/events/deliveries": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Events that other programs were told, newest first */
        get: {
            parameters: {
                query: {
                    /** @description How many there are on a page at most. */
                    limit: number;
                    /** @description `next` of the page before. */
                    cursor?: string;
                };
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                /** @description Default Response */
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": {
                            /** @description The deliveries of the page. */
                            deliveries: {
                                /** @description The id of the delivery, by which it is replayed. */
                                id: string;
                                /** @description When the receiver answered, RFC 3339. */
                                at: string;
                                /** @description `queue`, or `webhook` and its name. */
                                receiver: string;
                                /** @description The `id` of the event. */
                                event: string;
                                /** @description Its type, such as `image.promoted`. */
                                type: string;
                                /** @description What it is about. */
                                subject: string;
                                /** @description The project that it is about, `registry/path`. Absent if it is about no project alone. */
                                project?: string;
                                /**
                                 * @description `accepted`: the receiver has it. `failed`: the first attempt failed, and it is sent again. `given up`: it is not sent again.
                                 * @enum {unknown}
                                 */
                                result: "accepted" | "failed" | "given up";
                                /** @description What went wrong; null if nothing did. */
                                answer: string | null;
                            }[];
                            /** @description The `cursor` of the next page; null at the end of the list. */
                            next: string | null;
                        };
                    };
                };
            };
        };
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/events/deliveries/{id}/replay": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Send an event again to the receiver that a delivery was for */
        post: {
            parameters: {
                query?: never;
                header?: never;
                path: {
                    /** @description The id of the delivery. */
                    id: string;
                };
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                /** @description Default Response */
                202: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": {
                            /** @description The job. `GET /v1/jobs/:queue/:id` tells its progress. */
                            job: {
                                /** @description The queue that it is in. */
                                queue: string;
                                /** @description The id of the job in its queue. */
                                id: string;
                            };
                        };
                    };
                };
            };
        };
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/snapshots": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Snapshots of the index, newest first */
        get: {
            parameters: {
                query?: never;
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                /** @description Default Response */
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": {
                            /** @description The snapshots. */
                            snapshots: {
                                /** @description Its key in the store. */
                                key: string;
                                /** @description bytes, as stored */
                                size: number;
                                /**
                                 * Format: date-time
                                 * @description When it was written.
                                 */
                                createdAt: string;
                            }[];
                        };
                    };
                };
            };
        };
        put?: never;
        /**
         * Write a snapshot now
         * @description Once it is complete, older snapshots are deleted; `snapshots.keep` of the configuration says how many stay.
         */
        post: {
            parameters: {
                query?: never;
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                /** @description Default Response */
                202: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": {
                            /** @description The job. `GET /v1/jobs/:queue/:id` tells its progress. */
                            job: {
                                /** @description The queue that it is in. */
                                queue: string;
                                /** @description The id of the job in its queue. */
                                id: string;
                            };
                        };
                    };
                };
            };
        };
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/snapshots/restore": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Restore a snapshot into an empty index
         * @description The newest, unless `key` names another. The job fails if the index is not empty, unless an unfinished restore of the same snapshot filled it.
         */
        post: {
            parameters: {
                query?: never;
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody: {
                content: {
                    "application/json": {
                        /** @description The key of a snapshot. Default: the newest. */
                        key?: string;
                    };
                };
            };
            responses: {
                /** @description Default Response */
                202: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": {
                            /** @description The job. `GET /v1/jobs/:queue/:id` tells its progress. */
                            job: {
                                /** @description The queue that it is in. */
                                queue: string;
                                /** @description The id of the job in its queue. */
                                id: string;
                            };
                        } & {
                            /** @description The snapshot that is restored. */
                            key: string;
                        };
                    };
                };
            };
        };
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/registries/{name}/collections/advice": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * What a collection of garbage would free, and whether it pays
         * @description As of the last survey of the storage: `POST /v1/registries/{name}/storage` asks for one.
         */
        get: {
            parameters: {
                query?: never;
                header?: never;
                path: {
                    /** @description The name of the registry. */
                    name: string;
                };
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                /** @description Default Response */
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": {
                            /** @description The registry. */
                            registry: string;
                            /**
                             * Format: date-time
                             * @description When the storage was surveyed.
                             */
                            at: string;
                            /** @description Whether a collection pays now. */
                            pays: boolean;
                            /** @description When it most likely will, RFC 3339: as undo is no longer promised, and as garbage grows. Null: it pays now, or that is not in sight. */
                            paysFrom: string | null;
                            /** @description What a collection would free now. */
                            collectable: {
                                /** @description How many blobs. */
                                blobs: number;
                                /** @description Their bytes. In bytes. */
                                bytes: number;
                            };
                            /** @description Of that, what undo needs: images that expiry deleted, and that can be brought back until a collection. */
                            undoable: {
                                /** @description How many images. */
                                images: number;
                                /** @description What a collection would free of them. In bytes. */
                                bytes: number;
                                /** @description Until when the last of them can be brought back. Null: there are none. */
                                until: string | null;
                            };
                            /** @description The part of what the storage holds that a collection would free, without what undo needs. */
                            share: number;
                            /** @description By how many bytes a day it grows, since the last collection. Null: not known. */
                            bytesPerDay: number | null;
                            /** @description The last collection. Null: none is known. */
                            lastCollection: {
                                /**
                                 * Format: date-time
                                 * @description When it ended; of one that only a survey showed, when the survey began.
                                 */
                                at: string;
                                /**
                                 * @description `run`: Tallyman ran it. `survey`: a survey found that much of what could be collected is gone, so something else has collected it since the survey before.
                                 * @enum {unknown}
                                 */
                                seen: "run" | "survey";
                                /** @description What it freed, in bytes. Null: not known. */
                                freed: number | null;
                                /** @description How long writes were refused, in ms. Null: not known. */
                                pauseMs: number | null;
                            } | null;
                            /** @description The same for people. */
                            text: string;
                        };
                    };
                };
            };
        };
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/registries/{name}/collections": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** The collections of garbage of a registry, newest first */
        get: {
            parameters: {
                query: {
                    /** @description How many there are on a page at most. */
                    limit: number;
                    /** @description `next` of the page before. */
                    cursor?: string;
                };
                header?: never;
                path: {
                    /** @description The name of the registry. */
                    name: string;
                };
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                /** @description Default Response */
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": {
                            /** @description The collections of the page. */
                            collections: {
                                /** @description The id of the collection. */
                                id: string;
                                /**
                                 * Format: date-time
                                 * @description When it was asked for.
                                 */
                                at: string;
                                /** @description The registry. */
                                registry: string;
                                /**
                                 * @description `conduct`: the registry's own collector runs, between hooks. `barrier`: Tallyman moves the garbage away itself.
                                 * @enum {unknown}
                                 */
                                mode: "conduct" | "barrier";
                                /** @description Whether it only looks what speaks against it, and what it would free. */
                                dryRun: boolean;
                                /** @description Whether it runs whatever speaks against it. */
                                force: boolean;
                                /** @description Who or what asked for it. */
                                by: string;
                                /** @description What is done now: a phase, `waiting` or `ended`. */
                                phase: string;
                                /** @description Whether the registry may be read-only by it. */
                                isHeld: boolean;
                                /** @description Whether the collector was called. */
                                hasCollected: boolean;
                                /** @description What was done so far. */
                                phases: {
                                    /** @description What was done: `survey`, `check`, `readOnlyOn`, `drain`, `collect`, `flushCache`, `readOnlyOff`, `compare`. */
                                    phase: string;
                                    /**
                                     * Format: date-time
                                     * @description When it began.
                                     */
                                    at: string;
                                    /** @description How long it took, in ms. Null: it has not ended, or the process died meanwhile. */
                                    tookMs: number | null;
                                    /** @description Why it did not succeed. */
                                    error?: string;
                                    /** @description The end of what the hook printed or answered. Control characters are escaped. */
                                    output?: string;
                                    /** @description What else is to be known. */
                                    note?: string;
                                }[];
                                /** @description What speaks against it. */
                                problems: string[];
                                /** @description What it would free, by the survey before. Null: not known, or not yet. */
                                promised: {
                                    /** @description How many blobs. */
                                    blobs: number;
                                    /** @description Their bytes. */
                                    bytes: number;
                                } | null;
                                /** @description What is gone, by the survey after. Null: not known, or not yet. */
                                freed: {
                                    /** @description How many blobs. */
                                    blobs: number;
                                    /** @description Their bytes. */
                                    bytes: number;
                                } | null;
                                /** @description Why what was freed is not what was promised. */
                                differences: string[];
                                /** @description How long writes may have been refused, in ms: from the call of `readOnlyOn` until `readOnlyOff` was done. Clients saw it for no longer. Null: it was not read-only, or still is. */
                                pauseMs: number | null;
                                /** @description `done`: the collector has run. `planned`: a dry run. `refused`: see `problems`. `stopped`: by somebody. `failed`, `interrupted`: see `error`. Null: not known yet. It has ended once `endedAt` is there. */
                                outcome: ("done" | "planned" | "refused" | "stopped" | "failed" | "interrupted") | null;
                                /** @description Why it is not `done`. */
                                error: string | null;
                                /** @description When it ended. */
                                endedAt: string | null;
                                /** @description The program that runs. */
                                hook?: {
                                    /** @description The machine, and its namespace of processes. */
                                    place: string;
                                    /** @description The name of the host. */
                                    host: string;
                                    /** @description The id of its group of processes. */
                                    group: number;
                                };
                            }[];
                            /** @description The `cursor` of the next page; null at the end of the list. */
                            next: string | null;
                        };
                    };
                };
            };
        };
        put?: never;
        /**
         * Collect the garbage of a registry
         * @description It looks first what speaks against it, and refuses then, unless `force` is set. `dryRun` only looks. Behind the barrier pushes wait for some seconds meanwhile; without one the registry refuses writes.
         */
        post: {
            parameters: {
                query?: never;
                header?: never;
                path: {
                    /** @description The name of the registry. */
                    name: string;
                };
                cookie?: never;
            };
            requestBody: {
                content: {
                    "application/json": {
                        /**
                         * @description `conduct`: the registry's own collector runs, between hooks. `barrier`: Tallyman moves the garbage away itself.
                         * @enum {unknown}
                         */
                        mode?: "conduct" | "barrier";
                        /**
                         * @description Only look.
                         * @default false
                         */
                        dryRun: boolean;
                        /**
                         * @description Run it whatever speaks against it.
                         * @default false
                         */
                        force: boolean;
                    };
                };
            };
            responses: {
                /** @description Default Response */
                202: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": {
                            /** @description The job. `GET /v1/jobs/:queue/:id` tells its progress. */
                            job: {
                                /** @description The queue that it is in. */
                                queue: string;
                                /** @description The id of the job in its queue. */
                                id: string;
                            };
                            /** @description The id of the collection. */
                            collection: string;
                        };
                    };
                };
            };
        };
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/registries/{name}/collections/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** A collection of garbage, with its phases */
        get: {
            parameters: {
                query?: never;
                header?: never;
                path: {
                    /** @description The name of the registry. */
                    name: string;
                    /** @description The id of the collection. */
                    id: string;
                };
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                /** @description Default Response */
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": {
                            /** @description The id of the collection. */
                            id: string;
                            /**
                             * Format: date-time
                             * @description When it was asked for.
                             */
                            at: string;
                            /** @description The registry. */
                            registry: string;
                            /**
                             * @description `conduct`: the registry's own collector runs, between hooks. `barrier`: Tallyman moves the garbage away itself.
                             * @enum {unknown}
                             */
                            mode: "conduct" | "barrier";
                            /** @description Whether it only looks what speaks against it, and what it would free. */
                            dryRun: boolean;
                            /** @description Whether it runs whatever speaks against it. */
                            force: boolean;
                            /** @description Who or what asked for it. */
                            by: string;
                            /** @description What is done now: a phase, `waiting` or `ended`. */
                            phase: string;
                            /** @description Whether the registry may be read-only by it. */
                            isHeld: boolean;
                            /** @description Whether the collector was called. */
                            hasCollected: boolean;
                            /** @description What was done so far. */
                            phases: {
                                /** @description What was done: `survey`, `check`, `readOnlyOn`, `drain`, `collect`, `flushCache`, `readOnlyOff`, `compare`. */
                                phase: string;
                                /**
                                 * Format: date-time
                                 * @description When it began.
                                 */
                                at: string;
                                /** @description How long it took, in ms. Null: it has not ended, or the process died meanwhile. */
                                tookMs: number | null;
                                /** @description Why it did not succeed. */
                                error?: string;
                                /** @description The end of what the hook printed or answered. Control characters are escaped. */
                                output?: string;
                                /** @description What else is to be known. */
                                note?: string;
                            }[];
                            /** @description What speaks against it. */
                            problems: string[];
                            /** @description What it would free, by the survey before. Null: not known, or not yet. */
                            promised: {
                                /** @description How many blobs. */
                                blobs: number;
                                /** @description Their bytes. */
                                bytes: number;
                            } | null;
                            /** @description What is gone, by the survey after. Null: not known, or not yet. */
                            freed: {
                                /** @description How many blobs. */
                                blobs: number;
                                /** @description Their bytes. */
                                bytes: number;
                            } | null;
                            /** @description Why what was freed is not what was promised. */
                            differences: string[];
                            /** @description How long writes may have been refused, in ms: from the call of `readOnlyOn` until `readOnlyOff` was done. Clients saw it for no longer. Null: it was not read-only, or still is. */
                            pauseMs: number | null;
                            /** @description `done`: the collector has run. `planned`: a dry run. `refused`: see `problems`. `stopped`: by somebody. `failed`, `interrupted`: see `error`. Null: not known yet. It has ended once `endedAt` is there. */
                            outcome: ("done" | "planned" | "refused" | "stopped" | "failed" | "interrupted") | null;
                            /** @description Why it is not `done`. */
                            error: string | null;
                            /** @description When it ended. */
                            endedAt: string | null;
                            /** @description The program that runs. */
                            hook?: {
                                /** @description The machine, and its namespace of processes. */
                                place: string;
                                /** @description The name of the host. */
                                host: string;
                                /** @description The id of its group of processes. */
                                group: number;
                            };
                        };
                    };
                };
            };
        };
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/registries/{name}/collections/stop": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Stop the collection of a registry
         * @description What is in hand ends, writes are let in again, and then the collection has ended.
         */
        post: {
            parameters: {
                query?: never;
                header?: never;
                path: {
                    /** @description The name of the registry. */
                    name: string;
                };
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                /** @description Default Response */
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": {
                            /** @description The ids of the collections that end. */
                            stopped: string[];
                        };
                    };
                };
            };
        };
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/storage": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * The storages of all registries at a glance, and the collections that run
         * @description As of the last surveys. `GET /v1/registries/{name}/storage` has all projects of one, `GET /v1/registries/{name}/collections` the collections that were.
         */
        get: {
            parameters: {
                query?: {
                    /** @description Only this registry. */
                    registry?: string;
                };
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                /** @description Default Response */
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": {
                            /** @description The registries, in the order of the configuration. */
                            registries: {
                                /** @description The registry. */
                                registry: string;
                                /** @description Whether `registries.NAME.storage` is configured. */
                                hasStorage: boolean;
                                /** @description The last survey, with the 20 projects that have most to collect. Null: there was none. */
                                report: {
                                    /** @description The registry. */
                                    registry: string;
                                    /** @description Where its storage is. */
                                    place: string;
                                    /**
                                     * Format: date-time
                                     * @description When the survey began.
                                     */
                                    at: string;
                                    /** @description How long it took, in ms. */
                                    tookMs: number;
                                    /** @description All that the storage holds: the sum of the parts. */
                                    total: {
                                        /** @description How many objects. */
                                        objects: number;
                                        /** @description Their bytes. In bytes. */
                                        bytes: number;
                                    };
                                    /** @description What it holds. The parts add up to `total`. */
                                    parts: {
                                        /** @description Blobs that a manifest of a repository names, and these manifests. */
                                        referenced: {
                                            /** @description How many objects. */
                                            objects: number;
                                            /** @description Their bytes. In bytes. */
                                            bytes: number;
                                        };
                                        /** @description Blobs that no manifest names, and that a repository links: a collection deletes them. */
                                        unreferenced: {
                                            /** @description How many objects. */
                                            objects: number;
                                            /** @description Their bytes. In bytes. */
                                            bytes: number;
                                        };
                                        /** @description Blobs that no manifest names and no repository links: a collection deletes them. */
                                        orphaned: {
                                            /** @description How many objects. */
                                            objects: number;
                                            /** @description Their bytes. In bytes. */
                                            bytes: number;
                                        };
                                        /** @description The small files that link repositories and tags to blobs. */
                                        links: {
                                            /** @description How many objects. */
                                            objects: number;
                                            /** @description Their bytes. In bytes. */
                                            bytes: number;
                                        };
                                        /** @description What was uploaded and not completed. */
                                        uploads: {
                                            /** @description How many objects. */
                                            objects: number;
                                            /** @description Their bytes. In bytes. */
                                            bytes: number;
                                        };
                                        /** @description Blobs that Tallyman collected, and deletes for good once `gc.trash` has passed. */
                                        trash: {
                                            /** @description How many objects. */
                                            objects: number;
                                            /** @description Their bytes. In bytes. */
                                            bytes: number;
                                        };
                                        /** @description What no registry wrote. */
                                        other: {
                                            /** @description How many objects. */
                                            objects: number;
                                            /** @description Their bytes. In bytes. */
                                            bytes: number;
                                        };
                                        /** @description Older versions that the bucket keeps, also of what was deleted. */
                                        version: {
                                            /** @description How many objects. */
                                            objects: number;
                                            /** @description Their bytes. In bytes. */
                                            bytes: number;
                                        };
                                        /** @description Marks of a versioned bucket that something was deleted. */
                                        marker: {
                                            /** @description How many objects. */
                                            objects: number;
                                            /** @description Their bytes. In bytes. */
                                            bytes: number;
                                        };
                                        /** @description Multipart uploads that were neither completed nor aborted. */
                                        upload: {
                                            /** @description How many objects. */
                                            objects: number;
                                            /** @description Their bytes. In bytes. */
                                            bytes: number;
                                        };
                                        /** @description Segments of large objects of Swift that no object uses. */
                                        segment: {
                                            /** @description How many objects. */
                                            objects: number;
                                            /** @description Their bytes. In bytes. */
                                            bytes: number;
                                        };
                                        /** @description What was deleted, and is kept by the store for some time. */
                                        deleted: {
                                            /** @description How many objects. */
                                            objects: number;
                                            /** @description Their bytes. In bytes. */
                                            bytes: number;
                                        };
                                    };
                                    /** @description What a collection of garbage would free now: `unreferenced` and `orphaned`. */
                                    collectable: {
                                        /** @description How many objects. */
                                        objects: number;
                                        /** @description Their bytes. In bytes. */
                                        bytes: number;
                                    };
                                    /** @description Who uploaded what a collection would free, the most bytes first. */
                                    projects: {
                                        /** @description The project, `registry/path`. Null: several projects, or none, link these blobs. */
                                        project: string | null;
                                        /** @description How many blobs. */
                                        objects: number;
                                        /** @description Their bytes. In bytes. */
                                        bytes: number;
                                    }[];
                                    /** @description Uploads that are not complete, by the time since they began. */
                                    uploads: {
                                        /** @description Younger than this, and not than the one before. Null: the rest. */
                                        youngerThan: ("hour" | "day" | "week") | null;
                                        /** @description How many uploads. */
                                        uploads: number;
                                        /** @description Their bytes. In bytes. */
                                        bytes: number;
                                        /**
                                         * Format: date-time
                                         * @description When the oldest of them began.
                                         */
                                        oldestAt?: string;
                                    }[];
                                    /** @description Manifests that a repository links, and that are missing or cannot be read. The collector of a registry may stop at one. */
                                    unreadable: {
                                        /** @description How many. */
                                        count: number;
                                        /** @description The first 100. */
                                        digests: string[];
                                    };
                                    /** @description Blobs that manifests name and that are not in the storage: images that cannot be pulled. */
                                    missing: {
                                        /** @description How many. */
                                        count: number;
                                        /** @description The first 100. */
                                        blobs: {
                                            /** @description The blob. */
                                            digest: string;
                                            /** @description A manifest that names it. */
                                            namedBy: string;
                                        }[];
                                    };
                                    /** @description Links of repositories to blobs that are not there. The collector of a registry leaves them behind; they do no harm. */
                                    linksWithoutBlob: number;
                                    /** @description Parts that the store does not list, or not to this login. They count as nothing. */
                                    unlisted: {
                                        /** @description Parts that may hold something. Empty: folders that no registry wrote. */
                                        kinds: ("version" | "marker" | "upload" | "segment" | "deleted")[];
                                        /** @description What the store says. */
                                        reason: string;
                                    }[];
                                } | null;
                                /** @description The survey that runs or waits. Null: none does. */
                                surveying: {
                                    /** @description The queue that it is in. */
                                    queue: string;
                                    /** @description The id of the job in its queue. */
                                    id: string;
                                } | null;
                                /** @description Whether a collection pays, by that survey. Null: there was none. */
                                advice: {
                                    /** @description The registry. */
                                    registry: string;
                                    /**
                                     * Format: date-time
                                     * @description When the storage was surveyed.
                                     */
                                    at: string;
                                    /** @description Whether a collection pays now. */
                                    pays: boolean;
                                    /** @description When it most likely will, RFC 3339: as undo is no longer promised, and as garbage grows. Null: it pays now, or that is not in sight. */
                                    paysFrom: string | null;
                                    /** @description What a collection would free now. */
                                    collectable: {
                                        /** @description How many blobs. */
                                        blobs: number;
                                        /** @description Their bytes. In bytes. */
                                        bytes: number;
                                    };
                                    /** @description Of that, what undo needs: images that expiry deleted, and that can be brought back until a collection. */
                                    undoable: {
                                        /** @description How many images. */
                                        images: number;
                                        /** @description What a collection would free of them. In bytes. */
                                        bytes: number;
                                        /** @description Until when the last of them can be brought back. Null: there are none. */
                                        until: string | null;
                                    };
                                    /** @description The part of what the storage holds that a collection would free, without what undo needs. */
                                    share: number;
                                    /** @description By how many bytes a day it grows, since the last collection. Null: not known. */
                                    bytesPerDay: number | null;
                                    /** @description The last collection. Null: none is known. */
                                    lastCollection: {
                                        /**
                                         * Format: date-time
                                         * @description When it ended; of one that only a survey showed, when the survey began.
                                         */
                                        at: string;
                                        /**
                                         * @description `run`: Tallyman ran it. `survey`: a survey found that much of what could be collected is gone, so something else has collected it since the survey before.
                                         * @enum {unknown}
                                         */
                                        seen: "run" | "survey";
                                        /** @description What it freed, in bytes. Null: not known. */
                                        freed: number | null;
                                        /** @description How long writes were refused, in ms. Null: not known. */
                                        pauseMs: number | null;
                                    } | null;
                                    /** @description The same for people. */
                                    text: string;
                                } | null;
                                /** @description The ways to collect. The first is taken if nobody says which. */
                                modes: {
                                    /**
                                     * @description `conduct`: the registry's own collector runs, between hooks. `barrier`: Tallyman moves the garbage away itself.
                                     * @enum {unknown}
                                     */
                                    mode: "conduct" | "barrier";
                                    /** @description What is missing for it in the configuration. Null: nothing is. */
                                    missing: string | null;
                                }[];
                                /** @description The collection that runs or waits. Null: none does. */
                                collecting: {
                                    /** @description The id of the collection. */
                                    id: string;
                                    /**
                                     * Format: date-time
                                     * @description When it was asked for.
                                     */
                                    at: string;
                                    /** @description The registry. */
                                    registry: string;
                                    /**
                                     * @description `conduct`: the registry's own collector runs, between hooks. `barrier`: Tallyman moves the garbage away itself.
                                     * @enum {unknown}
                                     */
                                    mode: "conduct" | "barrier";
                                    /** @description Whether it only looks what speaks against it, and what it would free. */
                                    dryRun: boolean;
                                    /** @description Whether it runs whatever speaks against it. */
                                    force: boolean;
                                    /** @description Who or what asked for it. */
                                    by: string;
                                    /** @description What is done now: a phase, `waiting` or `ended`. */
                                    phase: string;
                                    /** @description Whether the registry may be read-only by it. */
                                    isHeld: boolean;
                                    /** @description Whether the collector was called. */
                                    hasCollected: boolean;
                                    /** @description What was done so far. */
                                    phases: {
                                        /** @description What was done: `survey`, `check`, `readOnlyOn`, `drain`, `collect`, `flushCache`, `readOnlyOff`, `compare`. */
                                        phase: string;
                                        /**
                                         * Format: date-time
                                         * @description When it began.
                                         */
                                        at: string;
                                        /** @description How long it took, in ms. Null: it has not ended, or the process died meanwhile. */
                                        tookMs: number | null;
                                        /** @description Why it did not succeed. */
                                        error?: string;
                                        /** @description The end of what the hook printed or answered. Control characters are escaped. */
                                        output?: string;
                                        /** @description What else is to be known. */
                                        note?: string;
                                    }[];
                                    /** @description What speaks against it. */
                                    problems: string[];
                                    /** @description What it would free, by the survey before. Null: not known, or not yet. */
                                    promised: {
                                        /** @description How many blobs. */
                                        blobs: number;
                                        /** @description Their bytes. */
                                        bytes: number;
                                    } | null;
                                    /** @description What is gone, by the survey after. Null: not known, or not yet. */
                                    freed: {
                                        /** @description How many blobs. */
                                        blobs: number;
                                        /** @description Their bytes. */
                                        bytes: number;
                                    } | null;
                                    /** @description Why what was freed is not what was promised. */
                                    differences: string[];
                                    /** @description How long writes may have been refused, in ms: from the call of `readOnlyOn` until `readOnlyOff` was done. Clients saw it for no longer. Null: it was not read-only, or still is. */
                                    pauseMs: number | null;
                                    /** @description `done`: the collector has run. `planned`: a dry run. `refused`: see `problems`. `stopped`: by somebody. `failed`, `interrupted`: see `error`. Null: not known yet. It has ended once `endedAt` is there. */
                                    outcome: ("done" | "planned" | "refused" | "stopped" | "failed" | "interrupted") | null;
                                    /** @description Why it is not `done`. */
                                    error: string | null;
                                    /** @description When it ended. */
                                    endedAt: string | null;
                                    /** @description The program that runs. */
                                    hook?: {
                                        /** @description The machine, and its namespace of processes. */
                                        place: string;
                                        /** @description The name of the host. */
                                        host: string;
                                        /** @description The id of its group of processes. */
                                        group: number;
                                    };
                                } | null;
                                /** @description Since when the registry may be read-only by a collection. Null: it is not. */
                                heldSince: string | null;
                            }[];
                        };
                    };
                };
            };
        };
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/store": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Whether Tallyman's own store is the one that it knows */
        get: {
            parameters: {
                query?: never;
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                /** @description Default Response */
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": {
                            /**
                             * @description `known`: the store is the one that Redis knows. `lost`: it has lost its data, or is an empty one. `another`: it is another store than before. `older`: it is a copy from before somebody asked to keep an image.
                             * @enum {unknown}
                             */
                            state: "known" | "lost" | "another" | "older";
                            /** @description Why nothing is deleted until the store is restored or accepted. Null if it is the known one. */
                            doubt: string | null;
                        };
                    };
                };
            };
        };
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/store/accept": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Accept the store as it is
         * @description After the store was lost or replaced for good: what it lacks, such as keeps and the trash, is gone. Expiry may delete again.
         */
        post: {
            parameters: {
                query?: never;
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                /** @description Default Response */
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": {
                            /**
                             * @description `known`: the store is the one that Redis knows. `lost`: it has lost its data, or is an empty one. `another`: it is another store than before. `older`: it is a copy from before somebody asked to keep an image.
                             * @enum {unknown}
                             */
                            state: "known" | "lost" | "another" | "older";
                            /** @description Why nothing is deleted until the store is restored or accepted. Null if it is the known one. */
                            doubt: string | null;
                        };
                    };
                };
            };
        };
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/audit": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Who or what has run and stopped expiry, restored and purged, rolled back promotions, changed quotas, and made and revoked tokens, newest first */
        get: {
            parameters: {
                query: {
                    /** @description Only entries about this run, by its id. */
                    run?: string;
                    /** @description How many there are on a page at most. */
                    limit: number;
                    /** @description `next` of the page before. */
                    cursor?: string;
                };
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                /** @description Default Response */
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": {
                            /** @description The entries of the page. */
                            entries: {
                                /** @description The id of the entry. */
                                id: string;
                                /** @description When, RFC 3339. */
                                at: string;
                                /** @description Who or what: a token and the address that it came from, or the schedule. */
                                by: string;
                                /** @description Such as `run.asked`, `run.started`, `run.ended`, `run.stopped`, `trash.restored`, `trash.purged`, `tag.settled`, `keep.added`, `keep.removed`, `promotion.rolledback`, `repair.asked`, `repair.ended`, `quota.set`, `quota.cleared`, `snooze.added`, `snooze.removed`, `token.created`, `token.revoked`, `session.ended`, `store.accepted`. */
                                action: string;
                                /** @description The registry that it is about. */
                                registry?: string;
                                /** @description The policy. */
                                policy?: string;
                                /** @description The id of the run. */
                                run?: string;
                                /** @description The id of the promotion. */
                                promotion?: string;
                                /** @description The project, `registry/path`. */
                                project?: string;
                                /** @description The image, `registry/repository@digest` or `registry/repository:tag`. */
                                image?: string;
                                /** @description Globs over `registry/path`: the projects that a run is limited to, or that a token is for. */
                                projects?: string[];
                                /** @description The name of the token. */
                                token?: string;
                                /** @description The verbs of the token. */
                                verbs?: string[];
                                /** @description Whether the run only plans. */
                                dryRun?: boolean;
                                /** @description The id of the plan that was applied. */
                                plan?: string;
                                /** @description Whether more than `expiry.maxShare` may go. */
                                acceptShare?: boolean;
                                /** @description Numbers of images and single tags, by what becomes of them; of bytes; and of held projects. */
                                counts?: {
                                    [key: string]: number;
                                };
                                /** @description How it ended. */
                                outcome?: string;
                                /** @description Until when an image is kept, a project is snoozed or a token holds, RFC 3339. Absent: for ever. */
                                until?: string;
                                /** @description The reason, for people. */
                                why?: string;
                            }[];
                            /** @description The `cursor` of the next page; null at the end of the list. */
                            next: string | null;
                        };
                    };
                };
            };
        };
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/tokens": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** The named tokens, by name, without their secrets */
        get: {
            parameters: {
                query?: never;
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                /** @description Default Response */
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": {
                            /** @description All of them, also those that have expired. */
                            tokens: {
                                /** @description The name of the token. */
                                name: string;
                                /** @description The projects that it is for: globs over `registry/path`. `**` is all of them. */
                                projects: string[];
                                /** @description `read`, `promote`, `expire`, `admin`. Each includes `read`, and `admin` the others (docs/access.md). */
                                verbs: ("read" | "promote" | "expire" | "admin")[];
                                /** @description When it was made, RFC 3339. */
                                createdAt: string;
                                /** @description Who made it: a token and the address that it came from. */
                                createdBy: string;
                                /** @description Why. Null if nobody said. */
                                why: string | null;
                                /** @description When it ends, RFC 3339. Null: once it is revoked. */
                                expiresAt: string | null;
                                /** @description When it was last used, RFC 3339, to about a minute. Null if it was not. */
                                lastUsedAt: string | null;
                            }[];
                        };
                    };
                };
            };
        };
        put?: never;
        /**
         * Make a named token
         * @description The answer has its secret, which is told this once and kept nowhere. A name that a token has is refused, unless that token has expired.
         */
        post: {
            parameters: {
                query?: never;
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody: {
                content: {
                    "application/json": {
                        /** @description The name of the token. */
                        name: string;
                        /** @description The projects that it is for: globs over `registry/path`. `**` is all of them. */
                        projects: string[];
                        /** @description `read`, `promote`, `expire`, `admin`. Each includes `read`, and `admin` the others (docs/access.md). */
                        verbs: ("read" | "promote" | "expire" | "admin")[];
                        /** @description For how long, such as 90d. Default: until it is revoked. */
                        for?: string;
                        /** @description Why. The list shows it. */
                        why?: string;
                    };
                };
            };
            responses: {
                /** @description Default Response */
                201: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": {
                            /** @description The name of the token. */
                            name: string;
                            /** @description The projects that it is for: globs over `registry/path`. `**` is all of them. */
                            projects: string[];
                            /** @description `read`, `promote`, `expire`, `admin`. Each includes `read`, and `admin` the others (docs/access.md). */
                            verbs: ("read" | "promote" | "expire" | "admin")[];
                            /** @description When it was made, RFC 3339. */
                            createdAt: string;
                            /** @description Who made it: a token and the address that it came from. */
                            createdBy: string;
                            /** @description Why. Null if nobody said. */
                            why: string | null;
                            /** @description When it ends, RFC 3339. Null: once it is revoked. */
                            expiresAt: string | null;
                            /** @description The token: `tlm_` and 40 letters and digits. */
                            secret: string;
                        };
                    };
                };
            };
        };
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/tokens/{name}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post?: never;
        /**
         * Revoke a named token
         * @description It is refused at once, by every process.
         */
        delete: {
            parameters: {
                query?: never;
                header?: never;
                path: {
                    /** @description The name of the token. */
                    name: string;
                };
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                /** @description Default Response */
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": {
                            /** @description The name of the token. */
                            revoked: string;
                        };
                    };
                };
            };
        };
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/whoami": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** What the token may do, and the version of the service */
        get: {
            parameters: {
                query?: never;
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                /** @description Default Response */
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": {
                            /** @description How records name it: `admin token`, `token team-a`. */
                            who: string;
                            /** @description `read`, `promote`, `expire`, `admin`. A CI job has `ask`: it reads, and asks for promotions. */
                            verbs: string[];
                            /** @description The projects that it is for: globs over `registry/path`. `**` is all of them. */
                            projects: string[];
                            /** @description What it may do where. `verbs` and `projects` are those of all grants together. */
                            grants: {
                                /** @description What it may do. */
                                verbs: string[];
                                /** @description Where: globs over `registry/path`. */
                                projects: string[];
                            }[];
                            /** @description When the token ends. Null if it does not, or if it is that of a CI job. */
                            expiresAt: string | null;
                            /** @description The version of Tallyman. */
                            version: string;
                        };
                    };
                };
            };
        };
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/names": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** The names in the configuration */
        get: {
            parameters: {
                query?: never;
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                /** @description Default Response */
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": {
                            /** @description The registries. */
                            registries: string[];
                            /** @description The groups of projects with a quota. */
                            groups: string[];
                            /** @description The channels of alerts. */
                            channels: string[];
                            /** @description The expiry policies. */
                            expiryPolicies: string[];
                            /** @description The rules of promotion. */
                            promotionRules: string[];
                        };
                    };
                };
            };
        };
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/doctor": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * What is wrong with this installation, and what to do about it
         * @description Tries all that the configuration names, from this process, which may take half a minute. No registry is changed and nothing is sent to a channel: it asks for deletes and pushes that no registry can do. In the store an object is written and removed. Findings are up to 10 s old.
         */
        get: {
            parameters: {
                query?: never;
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                /** @description Default Response */
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": {
                            /** @description Whether no finding is an error. */
                            ok: boolean;
                            /** @description What was found, also what is in order. */
                            findings: {
                                /** @description What was looked at: `redis`, `registry ci`, `events of ci`. */
                                check: string;
                                /** @description `ok`; `note`: good to know; `warning`: it works, and something may be lost or wrong later; `error`: something does not work. */
                                level: "ok" | "note" | "warning" | "error";
                                /** @description What was found. */
                                what: string;
                                /** @description Why that matters. */
                                why?: string;
                                /** @description What to do about it. */
                                fix?: string;
                                /** @description The rule by which it was found, such as `lifecycle-deletes` (docs/storage-doctor.md). */
                                rule?: string;
                                /**
                                 * @description How sure it is.
                                 * @enum {unknown}
                                 */
                                sure?: "certain" | "likely" | "not known";
                            }[];
                        };
                    };
                };
            };
        };
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/session": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Who is logged in
         * @description It is 401 without a session, also with a token: `GET /v1/whoami` is for tokens. It is 403 for some minutes after a login with OpenID Connect of somebody who may do nothing, and tells which groups were seen.
         */
        get: {
            parameters: {
                query?: never;
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                /** @description Default Response */
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": {
                            /**
                             * @description How it logged in.
                             * @enum {unknown}
                             */
                            by: "token" | "oidc";
                            /** @description How records name it: `admin token`, `token team-a`, `user ann@example.com`. */
                            who: string;
                            /** @description The name of the person. Null if a token is all that is known. */
                            name: string | null;
                            /** @description `read`, `promote`, `expire`, `admin`. */
                            verbs: string[];
                            /** @description The projects that it is for: globs over `registry/path`. `**` is all of them. */
                            projects: string[];
                            /** @description What it may do where. `verbs` and `projects` are those of all grants together. */
                            grants: {
                                /** @description What it may do. */
                                verbs: string[];
                                /** @description Where: globs over `registry/path`. */
                                projects: string[];
                            }[];
                            /** @description Whether it sees what is about a registry or the whole service. */
                            seesAll: boolean;
                            /**
                             * Format: date-time
                             * @description When it ends. The token by which it began may end before.
                             */
                            until: string;
                            /** @description The version of Tallyman. */
                            version: string;
                        };
                    };
                };
            };
        };
        put?: never;
        /**
         * Log in with a token
         * @description Sets a cookie, which all routes take in place of a token.
         */
        post: {
            parameters: {
                query?: never;
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody: {
                content: {
                    "application/json": {
                        /** @description A read token, an admin token, or a named token. */
                        token: string;
                    };
                };
            };
            responses: {
                /** @description Default Response */
                201: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": {
                            /**
                             * @description How it logged in.
                             * @enum {unknown}
                             */
                            by: "token" | "oidc";
                            /** @description How records name it: `admin token`, `token team-a`, `user ann@example.com`. */
                            who: string;
                            /** @description The name of the person. Null if a token is all that is known. */
                            name: string | null;
                            /** @description `read`, `promote`, `expire`, `admin`. */
                            verbs: string[];
                            /** @description The projects that it is for: globs over `registry/path`. `**` is all of them. */
                            projects: string[];
                            /** @description What it may do where. `verbs` and `projects` are those of all grants together. */
                            grants: {
                                /** @description What it may do. */
                                verbs: string[];
                                /** @description Where: globs over `registry/path`. */
                                projects: string[];
                            }[];
                            /** @description Whether it sees what is about a registry or the whole service. */
                            seesAll: boolean;
                            /**
                             * Format: date-time
                             * @description When it ends. The token by which it began may end before.
                             */
                            until: string;
                            /** @description The version of Tallyman. */
                            version: string;
                        };
                    };
                };
            };
        };
        /**
         * Log out
         * @description The session ends for whoever has a copy of its cookie. Without a session, nothing happens.
         */
        delete: {
            parameters: {
                query?: never;
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                /** @description Nobody is logged in now. */
                204: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content?: never;
                };
            };
        };
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/sessions": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Who is logged in to the dashboard, those whose sessions end last first
         * @description A session whose token was revoked, or whose person has no granted group any more, lets nobody in and is listed until it ends.
         */
        get: {
            parameters: {
                query: {
                    /** @description How many there are on a page at most. */
                    limit: number;
                    /** @description `next` of the page before. */
                    cursor?: string;
                };
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                /** @description Default Response */
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": {
                            /** @description The sessions of the page. */
                            sessions: {
                                /** @description Names it in requests. Nobody comes in with it. */
                                id: string;
                                /**
                                 * @description How it logged in.
                                 * @enum {unknown}
                                 */
                                by: "token" | "oidc";
                                /** @description How records name it: `admin token`, `user ann@example.com`. */
                                who: string;
                                /** @description The address that it logged in from. It may be that of a proxy. */
                                from: string;
                                /**
                                 * Format: date-time
                                 * @description When it logged in.
                                 */
                                began: string;
                                /**
                                 * Format: date-time
                                 * @description When it ends.
                                 */
                                until: string;
                                /** @description Whether it is the session of this request. */
                                isOwn: boolean;
                            }[];
                            /** @description The `cursor` of the next page; null at the end of the list. */
                            next: string | null;
                        };
                    };
                };
            };
        };
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/sessions/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post?: never;
        /**
         * End the session of somebody
         * @description Its cookie lets nobody in any more, at once and in every process. Whoever has a token, or is let in by the issuer, can log in again.
         */
        delete: {
            parameters: {
                query?: never;
                header?: never;
                path: {
                    /** @description Names it in requests. Nobody comes in with it. */
                    id: string;
                };
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                /** @description Default Response */
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": {
                            /** @description Names it in requests. Nobody comes in with it. */
                            ended: string;
                        };
                    };
                };
            };
        };
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/login": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** How one may log in */
        get: {
            parameters: {
                query?: never;
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                /** @description Default Response */
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": {
                            /** @description `token`: `POST /v1/session`. `oidc`: a page of the issuer. */
                            methods: ("token" | "oidc")[];
                            /** @description OpenID Connect. Null if it is not configured. */
                            oidc: {
                                /** @description What the button says. */
                                name: string;
                                /** @description Where it leads; `to` is the path to go to after it. */
                                url: string;
                            } | null;
                            /** @description Whether the catalogue can be read without logging in. */
                            public: boolean;
                        };
                    };
                };
            };
        };
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/livez": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** The process runs */
        get: {
            parameters: {
                query?: never;
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                /** @description Default Response */
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": {
                            /**
                             * @description It is; otherwise there is no answer, or another status.
                             * @enum {string}
                             */
                            status: "ok";
                        };
                    };
                };
            };
        };
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/readyz": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Requests can be served */
        get: {
            parameters: {
                query?: never;
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                /** @description Default Response */
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": {
                            /**
                             * @description It is; otherwise there is no answer, or another status.
                             * @enum {string}
                             */
                            status: "ok";
                            /** @description What may lose data later. */
                            warnings: string[];
                        };
                    };
                };
                /** @description Default Response */
                503: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": {
                            /** @description Always `about:blank`: the status says the kind. */
                            type: string;
                            /** @description The status in words. */
                            title: string;
                            /** @description The HTTP status. */
                            status: number;
                            /** @description What was wrong and what is expected. */
                            detail: string;
                        };
                    };
                };
            };
        };
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/metrics": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Prometheus metrics */
        get: {
            parameters: {
                query?: never;
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                /** @description Default Response */
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": string;
                    };
                };
            };
        };
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
}
export type webhooks = Record<string, never>;
export interface components {
    schemas: never;
    responses: never;
    parameters: never;
    requestBodies: never;
    headers: never;
    pathItems: never;
}
export type $defs = Record<string, never>;
export type operations = Record<string, never>;
