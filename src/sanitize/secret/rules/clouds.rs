//! Clouds, and what runs on them.

use super::{
    super::{
        checks::{is_dense, is_no_word, is_random},
        rule::{Rule, named, token},
    },
    GITLEAKS, given,
};

const AWS: &str = "https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html";
const AZURE: &str = "https://learn.microsoft.com/purview/sit-defn-all-creds";
const GOOGLE: &str = "https://docs.cloud.google.com/docs/authentication/api-keys";
const DIGITALOCEAN: &str = "https://docs.digitalocean.com/reference/api/create-personal-access-token/";
const VAULT: &str = "https://developer.hashicorp.com/vault/docs/concepts/tokens";

pub(super) const TABLE: &[Rule] = &[
    token("aws_access_key_id", &["AKIA", "ASIA", "ABIA", "ACCA"], "A(?:KIA|SIA|BIA|CCA)[A-Z2-7]{16}", AWS),
    named(
        "aws_secret_access_key",
        &["secret_access_key", "secretaccesskey", "secret access key", "secret-access-key", "aws_secret"],
        given!("(?:aws_)?secret(?:[_ -]?(?:access[_ -]?)?key)?"),
        "[A-Za-z0-9/+]{40}",
        AWS,
    )
    .check(is_random),
    named(
        "aws_secret_access_key",
        &["aws_secret_key", "awssecretkey"],
        given!("aws_?secret_?key"),
        "[A-Za-z0-9/+]{40}",
        AWS,
    )
    .check(is_random),
    named(
        "aws_session_token",
        &["session_token", "sessiontoken", "security-token"],
        given!("se(?:ssion_?|curity-)token"),
        "[A-Za-z0-9/+=%]{100,}",
        AWS,
    )
    .within(4 << 10)
    .check(is_dense),
    token("aws_bedrock_key", &["ABSK"], "ABSK[A-Za-z0-9+/]{109,269}={0,2}", GITLEAKS).check(is_no_word),
    token("aws_bedrock_key", &["bedrock-api-key-"], "bedrock-api-key-[A-Za-z0-9+/]{60,}={0,2}", GITLEAKS)
        .within(4 << 10)
        .check(is_dense),
    token("gcp_api_key", &["AIza"], "AIza[A-Za-z0-9_-]{35}", GOOGLE),
    token(
        "google_oauth_token",
        &["ya29."],
        r"ya29\.[A-Za-z0-9_-]{30,500}",
        "https://developers.google.com/identity/protocols/oauth2",
    )
    .within(1 << 10),
    token(
        "google_oauth_token",
        &["1//0"],
        "1//0[A-Za-z0-9_-]{40,200}",
        "https://developers.google.com/identity/protocols/oauth2",
    )
    .check(is_no_word),
    token(
        "google_oauth_secret",
        &["GOCSPX-"],
        "GOCSPX-[A-Za-z0-9_-]{28}",
        "https://support.google.com/cloud/answer/6158849",
    ),
    named(
        "azure_storage_key",
        &["AccountKey", "SharedAccessKey"],
        "(?i:Account|SharedAccess)(?i:Key)[ ]?=[ ]?",
        "[A-Za-z0-9+/]{43,86}={1,2}",
        AZURE,
    ),
    // the marks that Microsoft puts into keys of its own making
    token("azure_storage_key", &["+ASt"], r"[A-Za-z0-9+/]{76}\+ASt[A-Za-z0-9+/]{6}==", AZURE).back(76),
    token("azure_key", &["JQQJ9"], "[A-Za-z0-9+/_-]{52}JQQJ9[9DH][A-Za-z0-9+/_-]{26,40}={0,2}", AZURE)
        .back(52),
    named("azure_sas", &["sig="], "(?i:sig)=", "[A-Za-z0-9%+/]{43,80}(?:%3[dD]|=)", AZURE).check(is_random),
    token("azure_client_secret", &["Q~"], "[A-Za-z0-9_~.]{3}[0-9]Q~[A-Za-z0-9_~.-]{31,34}", AZURE)
        .back(4)
        .check(is_no_word),
    token("azure_devops_token", &["AZDO"], "[A-Za-z0-9]{76}AZDO[A-Za-z0-9]{4}", AZURE).back(76),
    token("digitalocean_token", &["dop_v1_", "doo_v1_", "dor_v1_"], "do[opr]_v1_[0-9a-f]{64}", DIGITALOCEAN),
    token("alibaba_access_key_id", &["LTAI"], "LTAI[A-Za-z0-9]{17,21}", GITLEAKS).check(is_no_word),
    token("vault_token", &["hvs."], r"hvs\.[A-Za-z0-9_-]{24,200}", VAULT),
    token("vault_token", &["hvb.", "hvr."], r"hv[br]\.[A-Za-z0-9_-]{90,400}", VAULT),
    token(
        "doppler_token",
        &["dp."],
        r"dp\.(?:pt|st|ct|sa|scim|audit)\.(?:[a-z0-9_-]{2,35}\.)?[A-Za-z0-9]{40,44}",
        "https://docs.doppler.com/reference/auth-token-formats",
    ),
    token("databricks_token", &["dapi"], "dapi[0-9a-fA-F]{32}(?:-[0-9])?", GITLEAKS),
    token(
        "planetscale_token",
        &["pscale_"],
        r"pscale_(?:tkn|oauth|pw)_[A-Za-z0-9_.=-]{32,64}",
        "https://planetscale.com/docs/concepts/planetscale-token-formats",
    ),
    token(
        "supabase_token",
        &["sbp_", "sb_secret_"],
        "(?:sbp_(?:oauth_|v0_)?[0-9a-f]{40}|sb_secret_[A-Za-z0-9_-]{31,40})",
        "https://supabase.com/docs/guides/api/api-keys",
    ),
    token(
        "netlify_token",
        &["nfp_", "nfc_", "nfo_", "nfu_"],
        "nf[pcou]_[A-Za-z0-9]{36}",
        "https://docs.netlify.com/api-and-cli-guides/api-guides/get-started-with-api/",
    ),
    token(
        "heroku_api_key",
        &["HRKU-"],
        "HRKU-[A-Za-z0-9_-]{36,64}",
        "https://devcenter.heroku.com/articles/authentication",
    ),
    named(
        "heroku_api_key",
        &["heroku"],
        given!("heroku[A-Za-z_. -]{0,20}"),
        "[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}",
        GITLEAKS,
    ),
    named("vercel_token", &["vercel"], given!("vercel[A-Za-z_. -]{0,20}"), "[A-Za-z0-9]{24}", GITLEAKS)
        .check(is_random),
    token(
        "vercel_token",
        &["vca_", "vci_", "vck_", "vcp_", "vcr_"],
        "vc[aikpr]_[A-Za-z0-9]{40,64}",
        "https://vercel.com/docs/accounts/vercel-api-tokens",
    ),
    token(
        "cloudflare_key",
        &["cfat_", "cfut_", "cfk_"],
        "cf(?:at|ut|k)_[A-Za-z0-9_-]{40}[0-9a-f]{8}",
        "https://developers.cloudflare.com/fundamentals/api/get-started/token-formats/",
    ),
    token("cloudflare_key", &["v1.0-"], r"v1\.0-[0-9a-f]{24}-[0-9a-f]{146}", GITLEAKS),
    named(
        "cloudflare_key",
        &["cloudflare", "cf_api_", "x-auth-key"],
        given!("(?:cloudflare|cf_api_|x-auth-key)[A-Za-z_. -]{0,20}"),
        "[0-9a-f]{37}|[A-Za-z0-9_-]{40}",
        GITLEAKS,
    )
    .check(is_random),
    token(
        "fly_token",
        &["FlyV1 ", "fm1a_", "fm1r_", "fm2_", "fo1_"],
        "(?:fo1_[A-Za-z0-9_-]{43}|(?:FlyV1 )?fm(?:1[ar]|2)_[A-Za-z0-9+/]{100,}={0,3})",
        GITLEAKS,
    )
    .within(2 << 10),
    token(
        "tailscale_key",
        &["tskey-"],
        "tskey-(?:auth|api|client|scim|webhook)-[A-Za-z0-9]{8,32}-[A-Za-z0-9]{20,64}",
        "https://tailscale.com/kb/1277/key-prefixes",
    ),
    token("openshift_token", &["sha256~"], "sha256~[A-Za-z0-9_-]{43}", GITLEAKS),
    token("scalingo_token", &["tk-us-"], "tk-us-[A-Za-z0-9_-]{48}", GITLEAKS),
];
