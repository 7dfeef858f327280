//! Payments, messages, measurements, and the rest that has keys.

use super::{
    super::{
        checks::{is_discord, is_free, is_no_placeholder, is_no_word, is_random},
        rule::{Rule, named, token},
    },
    GITLEAKS, given,
};

const SLACK: &str = "https://docs.slack.dev/authentication/tokens";
const STRIPE: &str = "https://docs.stripe.com/keys";
const DISCORD: &str = "https://docs.discord.com/developers/reference#authentication";
const SHOPIFY: &str = "https://shopify.dev/changelog/length-of-the-shopify-access-token-is-increasing";
const GRAFANA: &str = "https://grafana.com/docs/grafana/latest/administration/service-accounts/";
const SENTRY: &str = "https://develop.sentry.dev/backend/api/auth-tokens/";
const TWILIO: &str = "https://www.twilio.com/docs/iam/api-keys";

pub(super) const TABLE: &[Rule] = &[
    token(
        "slack_token",
        &["xoxb-", "xoxp-", "xoxa-", "xoxr-", "xoxs-", "xoxo-", "xoxc-", "xoxd-"],
        "xox[abcdoprs]-(?:[0-9]-)?[A-Za-z0-9%-]{20,300}",
        SLACK,
    ),
    token(
        "slack_token",
        &["xoxe-", "xoxe.", "xapp-"],
        r"(?:xoxe(?:\.xox[bp])?|xapp)-[0-9]-[A-Za-z0-9-]{24,300}",
        SLACK,
    ),
    token(
        "slack_webhook",
        &["hooks.slack.com/"],
        r"[A-Za-z0-9]{8,14}/[A-Za-z0-9/]{20,80}",
        "https://docs.slack.dev/messaging/sending-messages-using-incoming-webhooks",
    )
    .after(r"hooks\.slack\.com/(?:services|workflows|triggers)/"),
    token(
        "teams_webhook",
        &["webhook.office.com/"],
        "webhookb2/[0-9a-f@-]{60,80}/IncomingWebhook/[0-9a-f]{32}/[0-9a-f-]{36}",
        GITLEAKS,
    )
    .after(r"webhook\.office\.com/"),
    token(
        "discord_webhook",
        &["/api/webhooks/"],
        "[A-Za-z0-9_-]{60,72}",
        "https://docs.discord.com/developers/resources/webhook",
    )
    .after("/api/webhooks/[0-9]{17,20}/")
    .glued(),
    token(
        "discord_bot_token",
        &["MT", "Mj", "Mz", "ND", "NT", "Nj", "Nz", "OD", "OT"],
        r"[MNO][A-Za-z0-9_-]{22,27}\.[A-Za-z0-9_-]{6}\.[A-Za-z0-9_-]{27,40}",
        DISCORD,
    )
    .check(is_discord),
    token(
        "telegram_bot_token",
        &[":A"],
        "A[A-Za-z0-9_-]{34}",
        "https://core.telegram.org/bots/api#authorizing-your-bot",
    )
    .after("[0-9]{8}:")
    .back(8)
    .glued()
    .check(is_no_word),
    token(
        "stripe_key",
        &["sk_live_", "sk_test_", "rk_live_", "rk_test_", "sk_org_live_"],
        "[rs]k_(?:org_)?(?:live|test)_[A-Za-z0-9]{16,250}",
        STRIPE,
    ),
    token("stripe_webhook_secret", &["whsec_"], "whsec_[A-Za-z0-9+/]{24,80}={0,2}", STRIPE).check(is_no_word),
    token(
        "square_token",
        &["sq0csp-", "sq0atp-"],
        "sq0(?:csp-[A-Za-z0-9_-]{43}|atp-[A-Za-z0-9_-]{22})",
        "https://developer.squareup.com/docs/build-basics/access-tokens",
    ),
    token("square_token", &["EAAA"], "EAAA[A-Za-z0-9_-]{60}", GITLEAKS).check(is_free),
    token(
        "braintree_token",
        &["access_token$"],
        r"access_token\$(?:production|sandbox)\$[0-9a-z]{16}\$[0-9a-f]{32}",
        "https://developer.paypal.com/braintree/docs/start/hello-server",
    ),
    token(
        "plaid_token",
        &["access-"],
        "access-(?:sandbox|development|production)-[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}",
        "https://plaid.com/docs/api/items/",
    ),
    token(
        "shopify_token",
        &["shpat_", "shpca_", "shppa_", "shpss_", "shpua_"],
        "shp(?:at|ca|pa|ss|ua)_[A-Za-z0-9]{32,40}",
        SHOPIFY,
    ),
    named("twilio_auth_token", &["twilio"], given!("twilio[A-Za-z_. -]{0,20}"), "[0-9a-f]{32}", TWILIO)
        .check(is_random),
    token("twilio_api_key", &["SK"], "SK[0-9a-f]{32}", TWILIO).check(is_no_word),
    token(
        "sendgrid_api_key",
        &["SG."],
        r"SG\.[A-Za-z0-9_-]{22}\.[A-Za-z0-9_-]{43}",
        "https://www.twilio.com/docs/sendgrid/ui/account-and-settings/api-keys",
    ),
    token("mailgun_api_key", &["key-"], "key-[0-9a-f]{32}", GITLEAKS).check(is_no_word),
    named(
        "mailgun_api_key",
        &["mailgun"],
        given!("mailgun[A-Za-z_. -]{0,20}"),
        "[0-9a-f]{32}-[0-9a-f]{8}-[0-9a-f]{8}",
        GITLEAKS,
    ),
    token(
        "mailchimp_api_key",
        &["-us"],
        "[0-9a-f]{32}-us[0-9]{1,2}",
        "https://mailchimp.com/help/about-api-keys/",
    )
    .back(32),
    token(
        "brevo_api_key",
        &["xkeysib-", "xsmtpsib-"],
        "x(?:key|smtp)sib-[0-9a-f]{64}-[A-Za-z0-9]{16}",
        "https://developers.brevo.com/docs/getting-started",
    ),
    token(
        "resend_api_key",
        &["re_"],
        "re_[A-Za-z0-9]{8}_[A-Za-z0-9]{24}",
        "https://resend.com/docs/api-reference/introduction",
    )
    .check(is_no_word),
    token(
        "linear_api_key",
        &["lin_api_", "lin_oauth_"],
        "lin_(?:api_[A-Za-z0-9]{40}|oauth_[0-9a-f]{64})",
        "https://linear.app/developers/graphql",
    ),
    token(
        "notion_token",
        &["ntn_"],
        "ntn_[0-9]{11}[A-Za-z0-9]{35}",
        "https://developers.notion.com/page/changelog",
    ),
    token(
        "notion_token",
        &["secret_"],
        "secret_[A-Za-z0-9]{43}",
        "https://developers.notion.com/page/changelog",
    )
    .check(is_no_word),
    token(
        "atlassian_token",
        &["ATATT3", "ATSTT3"],
        "AT[AS]TT3[A-Za-z0-9_=-]{50,400}",
        "https://support.atlassian.com/atlassian-account/docs/manage-api-tokens-for-your-atlassian-account/",
    ),
    token(
        "airtable_token",
        &["pat"],
        r"pat[A-Za-z0-9]{14}\.[0-9a-f]{64}",
        "https://airtable.com/developers/web/guides/personal-access-tokens",
    ),
    token(
        "figma_token",
        &["figd_", "figo_", "figu_"],
        "fig[dou]h?_[A-Za-z0-9_-]{38,60}",
        "https://developers.figma.com/docs/rest-api/authentication/",
    ),
    named("okta_token", &["okta"], given!("okta[A-Za-z_. -]{0,20}"), "00[A-Za-z0-9_-]{40}", GITLEAKS)
        .check(is_random),
    named("fastly_token", &["fastly"], given!("fastly[A-Za-z_. -]{0,20}"), "[A-Za-z0-9_-]{32}", GITLEAKS)
        .check(is_random),
    token("typeform_token", &["tfp_"], "tfp_[A-Za-z0-9_.=-]{40,70}", GITLEAKS),
    token("grafana_token", &["glsa_"], "glsa_[A-Za-z0-9]{32}_[0-9A-Fa-f]{8}", GRAFANA),
    token("grafana_token", &["glc_"], "glc_[A-Za-z0-9+/]{32,400}={0,2}", GRAFANA),
    token("grafana_token", &["eyJrIjoi"], "eyJrIjoi[A-Za-z0-9_-]{60,400}={0,2}", GRAFANA).base64(),
    token("sentry_token", &["sntrys_"], "sntrys_eyJ[A-Za-z0-9+/=_-]{60,480}", SENTRY),
    token("sentry_token", &["sntryu_", "sntrya_", "sntryi_"], "sntry[aiu]_[0-9a-f]{64}", SENTRY),
    token(
        "newrelic_key",
        &["NRAK-", "NRII-", "NRRA-", "NRAA-"],
        "NR(?:AK|II|RA|AA)-[A-Za-z0-9_-]{27,42}",
        "https://docs.newrelic.com/docs/apis/intro-apis/new-relic-api-keys/",
    )
    .check(is_no_placeholder),
    named(
        "datadog_key",
        &["datadog", "dd_api", "dd_app", "dd-api", "dd-app"],
        given!("(?:datadog|dd)[A-Za-z_. -]{0,20}key"),
        "[0-9a-f]{40}|[0-9a-f]{32}",
        "https://docs.datadoghq.com/account_management/api-app-keys/",
    )
    .check(is_random),
    token(
        "dynatrace_token",
        &["dt0"],
        r"dt0[a-z][0-9]{2}\.[A-Z0-9]{24}\.[A-Z0-9]{64}",
        "https://docs.dynatrace.com/docs/manage/identity-access-management/access-tokens-and-oauth-clients/access-tokens",
    ),
    token(
        "launchdarkly_key",
        &["sdk-"],
        "sdk-[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}",
        "https://launchdarkly.com/docs/home/account/api",
    ),
    token(
        "onepassword_token",
        &["ops_eyJ"],
        "ops_eyJ[A-Za-z0-9+/_-]{250,}={0,2}",
        "https://developer.1password.com/docs/service-accounts/security",
    )
    .base64()
    .within(2 << 10),
    token(
        "onepassword_secret_key",
        &["A3-"],
        "A3-[A-Z0-9]{6}-(?:[A-Z0-9]{11}|[A-Z0-9]{6}-[A-Z0-9]{5})(?:-[A-Z0-9]{5}){3}",
        "https://support.1password.com/secret-key/",
    ),
    token(
        "dropbox_token",
        &["sl."],
        r"sl\.(?:u\.)?[A-Za-z0-9_-]{130,}",
        "https://developers.dropbox.com/oauth-guide",
    )
    .within(2 << 10)
    .check(is_no_word),
    token("facebook_token", &["EAAC", "EAAM", "EAAG", "EAAB"], "EAA[BCGM][A-Za-z0-9]{80,400}", GITLEAKS)
        .check(is_free),
    token(
        "mapbox_token",
        &["sk.eyJ"],
        r"sk\.eyJ[A-Za-z0-9_-]{40,120}\.[A-Za-z0-9_-]{22}",
        "https://docs.mapbox.com/help/glossary/access-token/",
    ),
    token("adobe_client_secret", &["p8e-"], "p8e-[A-Za-z0-9_-]{32}", GITLEAKS),
    token("easypost_key", &["EZAK", "EZTK"], "EZ[AT]K[A-Za-z0-9]{54}", GITLEAKS),
    token("duffel_token", &["duffel_"], "duffel_(?:test|live)_[A-Za-z0-9_=-]{43}", GITLEAKS),
    token("shippo_token", &["shippo_"], "shippo_(?:live|test)_[0-9a-fA-F]{40}", GITLEAKS),
    token("flutterwave_key", &["FLWSECK"], "FLWSECK(?:_TEST)?-[0-9a-h]{32}-X", GITLEAKS),
    token("frameio_token", &["fio-u-"], "fio-u-[A-Za-z0-9_=-]{64}", GITLEAKS),
    token("prefect_key", &["pnu_", "pnb_"], "pn[bu]_[A-Za-z0-9]{36}", GITLEAKS),
    token("readme_key", &["rdme_"], "rdme_[a-z0-9]{70}", GITLEAKS),
    token("posthog_key", &["phx_"], "phx_[A-Za-z0-9]{43,50}", "https://posthog.com/docs/api"),
];
