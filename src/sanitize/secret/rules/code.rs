//! Who keeps, builds and publishes code.

use super::{
    super::{
        checks::{is_dense, is_no_word},
        passwords::is_basic,
        rule::{Rule, named, token},
    },
    GITLEAKS, given,
};

pub(super) const TABLE: &[Rule] = &[
    token(
        "github_token",
        &["ghp_", "gho_", "ghu_", "ghs_", "ghr_"],
        "gh[opsur]_[A-Za-z0-9]{36,251}",
        "https://github.blog/engineering/behind-githubs-new-authentication-token-formats/",
    )
    .glued()
    .open(),
    // those of an app since 2026: its number and a JWT
    token(
        "github_token",
        &["gho_", "ghu_", "ghs_", "ghr_"],
        r"gh[osur]_[A-Za-z0-9]{1,32}_eyJ[A-Za-z0-9_-]+(?:\.[A-Za-z0-9_-]+){2}",
        "https://github.blog/changelog/2026-05-15-github-app-installation-tokens-per-request-override-header/",
    )
    .within(4 << 10)
    .check(is_dense),
    token(
        "github_token",
        &["github_pat_"],
        r"github_pat_[A-Za-z0-9_]{36,251}",
        "https://docs.github.com/en/authentication (GitHub's token formats)",
    )
    .glued(),
    token(
        "gitlab_token",
        &[
            "glpat-", "gldt-", "glrt-", "glrtr-", "glcbt-", "glptt-", "glft-", "glimt-", "glagent-",
            "gloas-", "glsoat-", "glffct-", "glwt-",
        ],
        concat!(
            "gl(?:pat|dt|rtr?|cbt|ptt|ft|imt|agent|oas|soat|ffct|wt)-",
            r"[A-Za-z0-9_-]{20,300}(?:\.[0-9a-z]{2}\.?[0-9a-z]{7,9})?",
        ),
        "https://docs.gitlab.com/security/tokens/#token-prefixes",
    )
    .glued(),
    token(
        "gitlab_token",
        &["GR1348941"],
        r"GR1348941[A-Za-z0-9_-]{20}",
        "https://docs.gitlab.com/security/tokens/#token-prefixes",
    ),
    token(
        "bitbucket_token",
        &["ATBB", "ATCTT3"],
        r"AT(?:BB[A-Za-z0-9]{32}|CTT3[A-Za-z0-9_=-]{50,400})",
        "https://support.atlassian.com/bitbucket-cloud/docs/access-tokens/",
    ),
    token(
        "npm_token",
        &["npm_"],
        r"npm_[A-Za-z0-9]{36}",
        "https://github.blog/changelog/2021-09-23-npm-has-a-new-access-token-format/",
    ),
    named(
        "npm_token",
        &[":_authToken", ":_password", ":_auth"],
        r#"(?i:\:_(?:authToken|password|auth))[ \t]*=[ \t]*"?"#,
        "[A-Za-z0-9+/=_.~-]{16,400}",
        "https://docs.npmjs.com/cli/v11/configuring-npm/npmrc#auth-related-configuration",
    ),
    token("pypi_token", &["pypi-AgE"], r"pypi-AgE[A-Za-z0-9_-]{50,480}", "https://pypi.org/help/#apitoken"),
    token(
        "crates_io_token",
        &["cio"],
        r"cio[A-Za-z0-9]{32}",
        "https://github.com/rust-lang/crates.io/blob/main/crates/crates_io_database/src/utils/token.rs",
    )
    .check(is_no_word),
    token(
        "rubygems_token",
        &["rubygems_"],
        r"rubygems_[0-9a-f]{48}",
        "https://guides.rubygems.org/api-key-scopes/",
    ),
    token(
        "nuget_api_key",
        &["oy2"],
        r"oy2[a-z0-9]{43}",
        "https://learn.microsoft.com/nuget/nuget-org/scoped-api-keys",
    )
    .check(is_no_word),
    token(
        "clojars_token",
        &["CLOJARS_"],
        r"CLOJARS_[0-9a-z]{60}",
        "https://github.com/clojars/clojars-web/wiki/Deploy-Tokens",
    ),
    token(
        "docker_token",
        &["dckr_pat_", "dckr_oat_"],
        r"dckr_[po]at_[A-Za-z0-9_-]{27,64}",
        "https://docs.docker.com/security/access-tokens/",
    ),
    named(
        "docker_auth",
        &["\"auth\""],
        r#""auth"[ \t]*:[ \t]*""#,
        "[A-Za-z0-9+/]{12,}={0,2}\"",
        "https://docs.docker.com/reference/cli/docker/login/#credential-stores",
    )
    .trim(1)
    .check(is_basic),
    token("artifactory_token", &["AKCp"], r"AKCp[A-Za-z0-9]{64,72}", GITLEAKS),
    token("artifactory_token", &["cmVmd"], r"cmVmd[A-Za-z0-9]{59}", GITLEAKS),
    token(
        "sourcegraph_token",
        &["sgp_", "slk_"],
        r"(?:sgp_(?:(?:[0-9a-fA-F]{16}|local)_)?|slk_)[0-9a-fA-F]{40,64}",
        "https://sourcegraph.com/docs/cli/how-tos/creating_an_access_token",
    ),
    token(
        "circleci_token",
        &["CCIPAT_", "CCIPRJ_"],
        r"CCIP(?:AT|RJ)_[A-Za-z0-9]{22}_[0-9a-f]{40}",
        "https://circleci.com/docs/guides/toolkit/managing-api-tokens/",
    ),
    token(
        "buildkite_token",
        &["bkua_", "bkct_"],
        r"bk(?:ua|ct)_[A-Za-z0-9_-]{40,80}",
        "https://buildkite.com/docs/apis/managing-api-tokens",
    ),
    token(
        "sonar_token",
        &["squ_", "sqp_", "sqa_"],
        r"sq[apu]_[0-9a-f]{40}",
        "https://docs.sonarsource.com/sonarqube-server/user-guide/managing-tokens",
    ),
    token(
        "pulumi_token",
        &["pul-"],
        r"pul-[0-9a-f]{40}",
        "https://www.pulumi.com/docs/pulumi-cloud/access-management/access-tokens/",
    ),
    token(
        "terraform_token",
        &[".atlasv1."],
        r"[A-Za-z0-9]{14}\.atlasv1\.[A-Za-z0-9_=-]{60,70}",
        "https://developer.hashicorp.com/terraform/cloud-docs/users-teams-organizations/api-tokens",
    )
    .back(14),
    token(
        "postman_api_key",
        &["PMAK-"],
        r"PMAK-[0-9a-f]{24}-[0-9a-f]{34}",
        "https://learning.postman.com/docs/developer/postman-api/authentication/",
    ),
    token("octopus_api_key", &["API-"], r"API-[A-Z0-9]{25,32}", GITLEAKS).check(is_no_word),
    token("infracost_api_key", &["ico-"], r"ico-[A-Za-z0-9]{32}", GITLEAKS).check(is_no_word),
    named(
        "snyk_token",
        &["snyk_token", "snyk_api", "snyk-token", "snyk-api"],
        given!("snyk[_-](?:token|api(?:[_-]?(?:key|token))?)"),
        "[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}",
        GITLEAKS,
    ),
];
