//! One sample at least of every kind. None stands here: each is put together from its beginning and
//! what a fixed sequence draws, so that no scanner finds one in this file.

use base64::{Engine as _, prelude::BASE64_STANDARD, prelude::BASE64_URL_SAFE_NO_PAD};

/// A secret, and what must stand around it for it to be known.
pub(super) struct Sample {
    pub(super) kind: &'static str,
    pub(super) before: String,
    pub(super) secret: String,
    pub(super) after: String,
}

pub(super) const DIGITS: &str = "0123456789";
pub(super) const HEX: &str = "0123456789abcdef";
pub(super) const BASE32: &str = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
pub(super) const BASE62: &str = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
const LETTERS: &str = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
const SMALL: &str = "0123456789abcdefghijklmnopqrstuvwxyz";
const CAPITALS: &str = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ";
const BECH32: &str = "QPZRY9X8GF2TVDW0S3JN54KHCE6MUA7L";

/// `length` characters of `alphabet`, the same in every run and others for each `seed`.
pub(super) fn draw(alphabet: &str, length: usize, seed: u64) -> String {
    let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ 0x2545_f491_4f6c_dd1d;
    let mut next = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        usize::try_from(state >> 33).unwrap()
    };
    (0..length).map(|_| char::from(alphabet.as_bytes()[next() % alphabet.len()])).collect()
}

/// 8-4-4-4-12 digits.
pub(super) fn uuid(seed: u64) -> String {
    let hex = draw(HEX, 32, seed);
    format!("{}-{}-{}-{}-{}", &hex[..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..])
}

/// A token that JSON claims and a signature make up.
pub(super) fn jwt(header: &str, claims: &str) -> String {
    let encode = |text: &str| BASE64_URL_SAFE_NO_PAD.encode(text);
    format!("{}.{}.{}", encode(header), encode(claims), draw(BASE62, 43, 77))
}

/// The lines of a block of PEM.
pub(super) fn pem(name: &str, newline: &str) -> String {
    let body: Vec<_> = (0..12).map(|line| draw(BASE62, 64, 1000 + line)).collect();
    let name = format!("{name} KEY-----");
    format!("-----BEGIN {name}{newline}{}{newline}-----END {name}", body.join(newline))
}

fn bare(kind: &'static str, secret: String) -> Sample {
    Sample { kind, before: String::new(), secret, after: String::new() }
}

fn within(kind: &'static str, before: &str, secret: String, after: &str) -> Sample {
    Sample { kind, before: before.to_owned(), secret, after: after.to_owned() }
}

/// Tokens that are known by themselves.
pub(super) fn tokens() -> Vec<Sample> {
    let mut seed = 0;
    let mut out = Vec::new();
    let mut add = |kind, begin: &str, alphabet, length, end: &str| {
        seed += 1;
        out.push(bare(kind, format!("{begin}{}{end}", draw(alphabet, length, seed))));
    };
    for begin in ["ghp_", "gho_", "ghu_", "ghs_", "ghr_"] {
        add("github_token", begin, BASE62, 36, "");
    }
    add("github_token", "github_pat_", BASE62, 22, &format!("_{}", draw(BASE62, 59, 501)));
    for begin in ["glpat-", "gldt-", "glrt-", "glrtr-", "glptt-", "glft-", "glsoat-", "glcbt-64_", "glffct-"]
    {
        add("gitlab_token", begin, BASE62, 20, "");
    }
    add("gitlab_token", "glpat-", BASE62, 27, ".01.1a0b9c8d7");
    add("gitlab_token", "GR1348941", BASE62, 20, "");
    add("bitbucket_token", "ATBB", BASE62, 32, "");
    add("bitbucket_token", "ATCTT3xFfGN0", BASE62, 170, "");
    add("npm_token", "npm_", BASE62, 36, "");
    add("pypi_token", "pypi-AgEIcHlwaS5vcmc", BASE62, 150, "");
    add("crates_io_token", "cio", BASE62, 32, "");
    add("rubygems_token", "rubygems_", HEX, 48, "");
    add("nuget_api_key", "oy2", SMALL, 43, "");
    add("clojars_token", "CLOJARS_", HEX, 60, "");
    add("docker_token", "dckr_pat_", BASE62, 27, "");
    add("docker_token", "dckr_oat_", BASE62, 32, "");
    add("artifactory_token", "AKCp8", BASE62, 68, "");
    add("artifactory_token", "cmVmd", BASE62, 59, "");
    add("sourcegraph_token", "sgp_local_", HEX, 40, "");
    add("circleci_token", "CCIPAT_", BASE62, 22, &format!("_{}", draw(HEX, 40, 502)));
    add("buildkite_token", "bkua_", HEX, 40, "");
    add("sonar_token", "squ_", HEX, 40, "");
    add("pulumi_token", "pul-", HEX, 40, "");
    add("terraform_token", "", BASE62, 14, &format!(".atlasv1.{}", draw(BASE62, 67, 503)));
    add("postman_api_key", "PMAK-", HEX, 24, &format!("-{}", draw(HEX, 34, 504)));
    add("octopus_api_key", "API-", CAPITALS, 27, "");
    add("infracost_api_key", "ico-", BASE62, 32, "");
    for begin in ["AKIA", "ASIA", "ABIA", "ACCA"] {
        add("aws_access_key_id", begin, BASE32, 16, "");
    }
    add("aws_bedrock_key", "ABSK", BASE62, 128, "=");
    add("gcp_api_key", "AIza", BASE62, 35, "");
    add("google_oauth_token", "ya29.a0", BASE62, 160, "");
    add("google_oauth_token", "1//0", BASE62, 60, "");
    add("google_oauth_secret", "GOCSPX-", BASE62, 28, "");
    add("azure_storage_key", "", BASE62, 76, &format!("+ASt{}==", draw(BASE62, 6, 505)));
    add("azure_key", "", BASE62, 52, &format!("JQQJ99{}", draw(BASE62, 27, 506)));
    add("azure_client_secret", "", BASE62, 3, &format!("8Q~{}", draw(BASE62, 34, 507)));
    add("azure_devops_token", "", BASE62, 76, "AZDO5r0k");
    for begin in ["dop_v1_", "doo_v1_", "dor_v1_"] {
        add("digitalocean_token", begin, HEX, 64, "");
    }
    add("alibaba_access_key_id", "LTAI", BASE62, 20, "");
    add("vault_token", "hvs.", BASE62, 92, "");
    add("vault_token", "hvb.", BASE62, 140, "");
    add("doppler_token", "dp.pt.", BASE62, 43, "");
    add("doppler_token", "dp.st.prd.", BASE62, 43, "");
    add("databricks_token", "dapi", HEX, 32, "");
    for begin in ["pscale_tkn_", "pscale_pw_", "pscale_oauth_"] {
        add("planetscale_token", begin, BASE62, 43, "");
    }
    add("supabase_token", "sbp_", HEX, 40, "");
    add("supabase_token", "sb_secret_", BASE62, 31, "");
    add("netlify_token", "nfp_", BASE62, 36, "");
    add("heroku_api_key", "HRKU-AA", BASE62, 58, "");
    add("vercel_token", "vcp_", BASE62, 56, "");
    add("cloudflare_key", "cfut_", BASE62, 40, &draw(HEX, 8, 508));
    add("cloudflare_key", "v1.0-", HEX, 24, &format!("-{}", draw(HEX, 146, 509)));
    add("fly_token", "FlyV1 fm2_", BASE62, 200, "");
    add("tailscale_key", "tskey-auth-", BASE62, 12, &format!("-{}", draw(BASE62, 32, 510)));
    add("openshift_token", "sha256~", BASE62, 43, "");
    add("scalingo_token", "tk-us-", BASE62, 48, "");
    out.extend(more_tokens());
    out
}

fn more_tokens() -> Vec<Sample> {
    let mut seed = 2_000;
    let mut out = Vec::new();
    let mut add = |kind, begin: &str, alphabet, length, end: &str| {
        seed += 1;
        out.push(bare(kind, format!("{begin}{}{end}", draw(alphabet, length, seed))));
    };
    add("anthropic_api_key", "sk-ant-api03-", BASE62, 93, "AA");
    add("anthropic_api_key", "sk-ant-admin01-", BASE62, 93, "AA");
    add("openai_api_key", "sk-", BASE62, 20, &format!("T3BlbkFJ{}", draw(BASE62, 20, 601)));
    add("openai_api_key", "sk-proj-", BASE62, 74, &format!("T3BlbkFJ{}", draw(BASE62, 74, 602)));
    add("openai_api_key", "sk-svcacct-", BASE62, 120, "");
    add("openrouter_api_key", "sk-or-v1-", HEX, 64, "");
    add("huggingface_token", "hf_", LETTERS, 34, "");
    add("groq_api_key", "gsk_", BASE62, 52, "");
    add("xai_api_key", "xai-", BASE62, 80, "");
    add("perplexity_api_key", "pplx-", BASE62, 48, "");
    add("replicate_token", "r8_", BASE62, 37, "");
    add("langsmith_api_key", "lsv2_pt_", HEX, 32, &format!("_{}", draw(HEX, 10, 603)));
    add("langfuse_key", "sk-lf-", HEX, 0, &uuid(604));
    add("tavily_api_key", "tvly-dev-", BASE62, 32, "");
    add("pinecone_api_key", "pcsk_", BASE62, 5, &format!("_{}", draw(BASE62, 64, 605)));
    add("elevenlabs_api_key", "sk_", HEX, 48, "");
    add("nvidia_api_key", "nvapi-", BASE62, 64, "");
    add("firecrawl_api_key", "fc-", HEX, 32, "");
    for begin in ["xoxb-", "xoxp-", "xoxa-", "xoxr-", "xoxs-", "xoxo-"] {
        add("slack_token", begin, DIGITS, 12, &format!("-{}", draw(BASE62, 24, 606)));
    }
    add("slack_token", "xapp-1-A", CAPITALS, 10, &format!("-1234098756-{}", draw(HEX, 64, 607)));
    add("slack_token", "xoxe.xoxp-1-", BASE62, 160, "");
    let id = BASE64_URL_SAFE_NO_PAD.encode("812345670987654321");
    add(
        "discord_bot_token",
        &id,
        BASE62,
        0,
        &format!(".G{}.{}", draw(BASE62, 5, 608), draw(BASE62, 38, 609)),
    );
    for begin in ["sk_live_", "sk_test_", "rk_live_"] {
        add("stripe_key", begin, BASE62, 99, "");
    }
    add("stripe_webhook_secret", "whsec_", BASE62, 32, "");
    add("square_token", "sq0csp-", BASE62, 43, "");
    add("square_token", "sq0atp-", BASE62, 22, "");
    add("square_token", "EAAAl", BASE62, 59, "");
    for begin in ["shpat_", "shpca_", "shppa_", "shpss_"] {
        add("shopify_token", begin, HEX, 32, "");
    }
    add("braintree_token", "access_token$production$", SMALL, 16, &format!("${}", draw(HEX, 32, 618)));
    add("plaid_token", "access-production-", HEX, 0, &uuid(619));
    add("twilio_api_key", "SK", HEX, 32, "");
    add("sendgrid_api_key", "SG.", BASE62, 22, &format!(".{}", draw(BASE62, 43, 610)));
    add("mailgun_api_key", "key-", HEX, 32, "");
    add("mailchimp_api_key", "", HEX, 32, "-us12");
    add("brevo_api_key", "xkeysib-", HEX, 64, &format!("-{}", draw(BASE62, 16, 611)));
    add("resend_api_key", "re_", BASE62, 8, &format!("_{}", draw(BASE62, 24, 612)));
    add("linear_api_key", "lin_api_", BASE62, 40, "");
    add("notion_token", "ntn_", DIGITS, 11, &draw(BASE62, 35, 613));
    add("notion_token", "secret_", BASE62, 43, "");
    add("atlassian_token", "ATATT3xFfGF0", BASE62, 180, "=1A2B3C4D");
    add("airtable_token", "pat", BASE62, 14, &format!(".{}", draw(HEX, 64, 614)));
    add("figma_token", "figd_", BASE62, 40, "");
    add("typeform_token", "tfp_", BASE62, 44, "");
    add("grafana_token", "glsa_", BASE62, 32, "_1f0e9d8c");
    add("grafana_token", "glc_eyJv", BASE62, 120, "=");
    add("grafana_token", "eyJrIjoi", BASE62, 70, "");
    add("sentry_token", "sntrys_eyJpYXQiO", BASE62, 120, "");
    add("sentry_token", "sntryu_", HEX, 64, "");
    add("newrelic_key", "NRAK-", CAPITALS, 27, "");
    add("dynatrace_token", "dt0c01.", BASE32, 24, &format!(".{}", draw(BASE32, 64, 615)));
    add("launchdarkly_key", "sdk-", HEX, 0, &uuid(616));
    add("onepassword_token", "ops_eyJ", BASE62, 600, "");
    add("onepassword_secret_key", "A3-", CAPITALS, 6, "-9XKQ2M-8PLR7-V4TZN-6WJ3C-H5GBD");
    add("dropbox_token", "sl.u.", BASE62, 140, "");
    add("facebook_token", "EAAG", BASE62, 160, "");
    add("mapbox_token", "sk.eyJ1Ijoi", BASE62, 60, &format!(".{}", draw(BASE62, 22, 617)));
    add("adobe_client_secret", "p8e-", BASE62, 32, "");
    add("easypost_key", "EZAK", BASE62, 54, "");
    add("duffel_token", "duffel_live_", BASE62, 43, "");
    add("shippo_token", "shippo_live_", HEX, 40, "");
    add("flutterwave_key", "FLWSECK_TEST-", HEX, 32, "-X");
    add("frameio_token", "fio-u-", BASE62, 64, "");
    add("prefect_key", "pnu_", BASE62, 36, "");
    add("readme_key", "rdme_", SMALL, 70, "");
    add("posthog_key", "phx_", BASE62, 43, "");
    add("age_secret_key", "AGE-SECRET-KEY-1", BECH32, 58, "");
    add("mcp_server_key", "mcps_", BASE62, 43, "");
    out.push(bare(
        "jwt",
        jwt(r#"{"alg":"HS256","typ":"JWT"}"#, r#"{"sub":"4711","iss":"https://id.acme.dev"}"#),
    ));
    out.push(bare(
        "jwt",
        jwt(r#"{ "typ":"at+jwt", "alg":"ES256" }"#, r#"{ "sub":"4711", "scope":"write" }"#),
    ));
    out
}

/// Secrets that what stands around them makes known.
#[allow(clippy::too_many_lines, reason = "a table")]
pub(super) fn named() -> Vec<Sample> {
    let hex = |length, seed| draw(HEX, length, seed);
    let any = |length, seed| draw(BASE62, length, seed);
    let basic = BASE64_STANDARD.encode("deploy:Kx72vQ9mzL");
    vec![
        within("aws_secret_access_key", "aws_secret_access_key = ", any(40, 1), "\n"),
        within("aws_secret_access_key", "\"SecretAccessKey\": \"", any(40, 2), "\",\n"),
        within("aws_secret_access_key", "export AWS_SECRET_ACCESS_KEY='", any(40, 3), "'\n"),
        within("aws_session_token", "aws_session_token=", format!("IQoJb3JpZ2lu{}", any(400, 4)), "\n"),
        within(
            "azure_storage_key",
            "AccountName=acme;AccountKey=",
            any(86, 5) + "==",
            ";EndpointSuffix=core.windows.net",
        ),
        within("azure_storage_key", "SharedAccessKeyName=root;SharedAccessKey=", any(43, 6) + "=", "\n"),
        within("azure_sas", "?sv=2022-11-02&se=2026-01-01&sig=", any(43, 7) + "%3D", "&sp=r"),
        within("npm_token", "//registry.npmjs.org/:_authToken=", uuid(8), "\n"),
        within("docker_auth", "{\"auths\":{\"ghcr.io\":{\"auth\": \"", basic.clone(), "\"}}}"),
        within("snyk_token", "SNYK_TOKEN=", uuid(9), "\n"),
        within("heroku_api_key", "HEROKU_API_KEY=", uuid(10), "\n"),
        within("cloudflare_key", "CLOUDFLARE_API_TOKEN=", any(40, 11), "\n"),
        within("twilio_auth_token", "TWILIO_AUTH_TOKEN: \"", hex(32, 12), "\"\n"),
        within(
            "mailgun_api_key",
            "MAILGUN_API_KEY=",
            format!("{}-{}-{}", hex(32, 13), hex(8, 14), hex(8, 15)),
            "\n",
        ),
        within("okta_token", "OKTA_API_TOKEN=", format!("00{}", any(40, 38)), "\n"),
        within("fastly_token", "fastly_api_token: \"", any(32, 39), "\"\n"),
        within("vercel_token", "VERCEL_TOKEN=", any(24, 40), "\n"),
        within("datadog_key", "DD_API_KEY=", hex(32, 16), "\n"),
        within("datadog_key", "datadog_app_key: ", hex(40, 17), "\n"),
        within(
            "slack_webhook",
            "https://hooks.slack.com/services/",
            format!("T{}/B{}/{}", any(9, 18), any(10, 19), any(24, 20)),
            "\n",
        ),
        within(
            "teams_webhook",
            "https://acme.webhook.office.com/",
            format!("webhookb2/{}@{}/IncomingWebhook/{}/{}", uuid(21), uuid(22), hex(32, 23), uuid(24)),
            "\n",
        ),
        within("discord_webhook", "https://discord.com/api/webhooks/1198237645091827364/", any(68, 25), "\n"),
        within(
            "telegram_bot_token",
            "https://api.telegram.org/bot6109283745:",
            format!("AA{}", any(33, 26)),
            "/getMe",
        ),
        within("wireguard_key", "[Interface]\nPrivateKey = ", any(42, 27) + "E=", "\nListenPort = 51820\n"),
        within(
            "private_key",
            "PuTTY-User-Key-File-3: ssh-ed25519\nPrivate-Lines: 1\n",
            any(48, 28),
            "\nPrivate-MAC: 00\n",
        ),
        within(
            "private_key",
            "{\"kty\":\"OKP\",\"crv\":\"Ed25519\",\"d\":\"",
            any(43, 29),
            "\",\"x\":\"AAA\"}",
        ),
        within("basic_auth", "Authorization: Basic ", basic, "\r\n"),
        within("bearer_token", "curl -H 'Authorization: Bearer ", any(40, 30), "' https://acme.dev\n"),
        within("bearer_token", "headers = {\"Authorization\": \"token ", hex(40, 31), "\"}\n"),
        within(
            "url_password",
            "DATABASE_URL=postgres://app:",
            "Kx72vQ9mzL".to_owned(),
            "@db.internal:5432/app\n",
        ),
        within("url_password", "redis://:", "p@ss+w0rt".to_owned(), "@10.0.0.7:6379/0\n"),
        within("url_password", "\"amqps://svc:", "zürich-47".to_owned(), "@mq.acme.dev/%2f\"\n"),
        within(
            "connection_password",
            "Server=tcp:db,1433;User ID=sa;Password=",
            "Kx72vQ9mzL".to_owned(),
            ";Encrypt=true\n",
        ),
        within(
            "connection_password",
            "jdbc:mysql://db/app?user=root&password=",
            "Kx72vQ9mzL".to_owned(),
            "&useSSL=true\n",
        ),
        within("connection_password", "host=db user=app password=", "Kx72vQ9mzL".to_owned(), " dbname=app\n"),
        within(
            "netrc_password",
            "machine api.acme.dev\n  login deploy\n  password ",
            "Kx72vQ9mzL".to_owned(),
            "\n",
        ),
        within(
            "netrc_password",
            "machine api.acme.dev login deploy password ",
            "Kx72vQ9mzL".to_owned(),
            "\n",
        ),
        within("xml_password", "<username>ci</username><password>", "Kx72vQ9mzL".to_owned(), "</password>"),
        within("password", "DB_PASSWORD=", "Kx72vQ9mzL".to_owned(), "\n"),
        within("password", "export PGPASSWORD='", "kx72-vq9m".to_owned(), "'\n"),
        within("password", "smtp:\n  password: \"", "Kx72!vQ9mzL".to_owned(), "\"\n"),
        within("generic_secret", "api_key: ", any(32, 32), "\n"),
        within("generic_secret", "const CLIENT_SECRET = \"", any(40, 33), "\";\n"),
        within("generic_secret", "{\"refresh_token\":\"", any(64, 34), "\"}"),
        within("generic_secret", "SECRET_KEY_BASE=", hex(128, 35), "\n"),
        within("generic_secret", "https://api.acme.dev/v1?api_key=", hex(40, 36), "&page=2\n"),
        within("generic_secret", "<apiKey>", hex(32, 41), "</apiKey>"),
        within("generic_secret", "X-Api-Key: ", any(40, 37), "\r\n"),
    ]
}
