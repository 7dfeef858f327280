//! Who serves models.

use super::{
    super::{
        checks::is_no_word,
        rule::{Rule, token},
    },
    GITLEAKS,
};

const OPENAI: &str = "https://platform.openai.com/docs/api-reference/authentication";

pub(super) const TABLE: &[Rule] = &[
    token(
        "anthropic_api_key",
        &["sk-ant-"],
        "sk-ant-(?:api|admin|oat|ort|sid)[0-9]{2}-[A-Za-z0-9_-]{60,160}",
        "https://platform.claude.com/docs/en/api/overview",
    )
    .glued(),
    // the mark in the middle says `OpenAI` in base64
    token(
        "openai_api_key",
        &["sk-"],
        "sk-(?:[a-z]{4,8}-)?[A-Za-z0-9_-]{20,100}T3BlbkFJ[A-Za-z0-9_-]{20,100}",
        OPENAI,
    ),
    token(
        "openai_api_key",
        &["sk-proj-", "sk-svcacct-", "sk-admin-"],
        "sk-(?:proj|svcacct|admin)-[A-Za-z0-9_-]{40,200}",
        OPENAI,
    )
    .check(is_no_word),
    token(
        "openrouter_api_key",
        &["sk-or-v1-"],
        "sk-or-v1-[0-9a-f]{64}",
        "https://openrouter.ai/docs/api/reference/authentication",
    ),
    token(
        "huggingface_token",
        &["hf_", "api_org_"],
        "(?:hf|api_org)_[A-Za-z0-9]{34,40}",
        "https://huggingface.co/docs/hub/security-tokens",
    )
    .check(is_no_word),
    token("groq_api_key", &["gsk_"], "gsk_[A-Za-z0-9]{52}", "https://console.groq.com/docs/quickstart"),
    token("xai_api_key", &["xai-"], "xai-[A-Za-z0-9]{70,90}", "https://docs.x.ai/docs/tutorial"),
    token("perplexity_api_key", &["pplx-"], "pplx-[A-Za-z0-9]{48,56}", GITLEAKS),
    token(
        "replicate_token",
        &["r8_"],
        "r8_[A-Za-z0-9]{37}",
        "https://replicate.com/docs/topics/security/api-tokens",
    )
    .check(is_no_word),
    token(
        "langsmith_api_key",
        &["lsv2_"],
        "lsv2_(?:pt|sk)_[0-9a-f]{32}_[0-9a-f]{10}",
        "https://docs.langchain.com/langsmith/create-account-api-key",
    ),
    token(
        "langfuse_key",
        &["sk-lf-"],
        "sk-lf-[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}",
        "https://langfuse.com/docs/api-and-data-platform/features/public-api",
    ),
    token(
        "tavily_api_key",
        &["tvly-"],
        "tvly-(?:dev-|prod-)?[A-Za-z0-9-]{32,64}",
        "https://docs.tavily.com/documentation/quickstart",
    )
    .check(is_no_word),
    token(
        "pinecone_api_key",
        &["pcsk_"],
        "pcsk_[A-Za-z0-9]{5,6}_[A-Za-z0-9]{60,70}",
        "https://docs.pinecone.io/guides/projects/manage-api-keys",
    ),
    token(
        "elevenlabs_api_key",
        &["sk_"],
        "sk_[0-9a-f]{48}",
        "https://elevenlabs.io/docs/api-reference/authentication",
    ),
    token(
        "nvidia_api_key",
        &["nvapi-"],
        "nvapi-[A-Za-z0-9_-]{60,70}",
        "https://docs.api.nvidia.com/nim/reference/llm-apis",
    ),
    token(
        "firecrawl_api_key",
        &["fc-"],
        "fc-[0-9a-f]{32}",
        "https://docs.firecrawl.dev/api-reference/introduction",
    ),
];
