export declare const peersFolder: string
export declare const runnersFolder: string
export declare function findChromium(): string | undefined
export declare function findNginx(): string | undefined
export declare function findHaproxy(): string | undefined
export declare function findPrometheus(): { readonly prometheus: string; readonly promtool: string } | undefined
export declare function findGo(): string | undefined
export declare function findGin(): { readonly go: string; readonly goPath: string } | undefined
export declare function findSystemdAnalyze(): string | undefined
export declare const kubernetesFolder: string
export declare const kubernetesArchive: string
export declare function findKubernetes(): { readonly helm: string; readonly kubectl: string } | undefined
export declare function findPython(): string | undefined
export declare function findNode(major: 24 | 26): string | undefined
