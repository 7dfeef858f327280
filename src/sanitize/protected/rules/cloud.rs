//! What opens a cloud or a cluster.

use super::{Holds, Table};

pub(in super::super) const CLOUDS: Table = Table {
    holds: Holds::Cloud,
    rows: &[
        ".aws",                                 // AWS CLI
        ".awsvault",                            // aws-vault
        ".saml2aws",                            // saml2aws
        ".aws-sso",                             // aws-sso-cli
        ".azure",                               // Azure CLI
        ".config/gcloud",                       // Google Cloud
        "appdata/roaming/gcloud",               // the same on Windows
        "application_default_credentials.json", // Google Cloud
        "gha-creds-*.json",                     // Google Cloud in a GitHub workflow
        ".boto",                                // gsutil, boto
        "boto.cfg",                             // boto, of the system
        ".s3cfg",                               // s3cmd
        ".s3ql/authinfo2",                      // S3QL
        ".mc/config.json",                      // MinIO
        ".mcli/config.json",                    // MinIO
        "rclone.conf",                          // rclone
        ".rclone.conf",                         // rclone
        ".oci",                                 // Oracle Cloud
        ".config/doctl",                        // DigitalOcean
        "application support/doctl",            // the same on macOS
        ".config/hcloud",                       // Hetzner
        ".config/scw",                          // Scaleway
        ".config/linode-cli",                   // Linode
        ".linode-cli",                          // Linode
        ".vultr-cli.yaml",                      // Vultr
        ".config/exoscale",                     // Exoscale
        ".config/openstack",                    // OpenStack
        "clouds.yaml",                          // OpenStack
        "clouds.yml",                           // OpenStack
        ".ovh.conf",                            // OVH
        ".bluemix",                             // IBM Cloud
        ".ibmcloud",                            // IBM Cloud
        ".aliyun",                              // Alibaba Cloud
        ".ossutilconfig",                       // Alibaba Cloud
        ".tccli",                               // Tencent Cloud
        ".config/yandex-cloud",                 // Yandex Cloud
        ".b2_account_info",                     // Backblaze
        ".config/b2/account_info",              // Backblaze
        ".config/borg",                         // Borg: keys
        ".softlayer",                           // SoftLayer
        ".okta",                                // Okta
    ],
    spared: &[],
};

pub(in super::super) const CLUSTERS: Table = Table {
    holds: Holds::Cluster,
    rows: &[
        ".kube",                                  // kubectl
        "kubeconfig|",                            // kubectl; a directory of that name is source
        "kubeconfig.yaml",                        // kubectl
        "kubeconfig.yml",                         // kubectl
        "kubeconfig.conf",                        // kubectl
        "kubeconfig_+",                           // modules of Terraform: kubeconfig_my-cluster
        "*.kubeconfig",                           // kubectl
        "*-kubeconfig.yaml",                      // DigitalOcean, Rancher
        "etc/kubernetes/admin.conf",              // kubeadm
        "etc/kubernetes/super-admin.conf",        // kubeadm
        "etc/kubernetes/kubelet.conf",            // kubeadm
        "etc/kubernetes/controller-manager.conf", // kubeadm
        "etc/kubernetes/scheduler.conf",          // kubeadm
        "rancher/k3s/k3s.yaml",                   // k3s
        "talosconfig",                            // Talos
        ".talos",                                 // Talos
        ".vault-token",                           // Vault
        ".nomad-token",                           // Nomad
        ".config/argocd",                         // Argo CD
        ".argocd",                                // Argo CD
        ".rancher/cli2.json",                     // Rancher
        "*.tfstate",                              // Terraform: every secret that it made
        "*.tfstate.backup",                       // the same
        "*.tfstate.*.backup",                     // the same
        ".ansible/galaxy_token",                  // Ansible Galaxy
        ".puppetlabs/token",                      // Puppet
    ],
    spared: &["example", "sample", "template"],
};
