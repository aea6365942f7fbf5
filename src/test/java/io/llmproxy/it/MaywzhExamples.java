package io.llmproxy.it;

import java.util.ArrayList;
import java.util.List;

/** The calls of the admin API that the README of maywzh's llm-proxy shows, as they stand there. */
final class MaywzhExamples {
    private MaywzhExamples() {}

    /**
     * A call, and what is to come back.
     *
     * @param call method and path
     * @param body what is sent; empty for nothing
     * @param status of the answer
     * @param contains what the answer contains
     */
    record Row(String call, String body, int status, String contains) {}

    /** All of them, in order; the first provider of the configuration is asked for its health. */
    static List<Row> all() {
        List<Row> rows = new ArrayList<>();
        rows.add(new Row("POST /providers", """
                {
                    "id": "openai-main",
                    "provider_type": "openai",
                    "api_base": "https://api.openai.com/v1",
                    "api_key": "sk-xxx",
                    "model_mapping": {},
                    "is_enabled": true
                  }""", 201, "\"provider_key\":\"openai-main\""));
        rows.add(new Row("GET /providers", "", 200, "\"providers\":["));
        rows.add(new Row(
                "POST /providers/1/health",
                """
                {
                    "models": ["gpt-4", "gpt-3.5-turbo"],
                    "max_concurrent": 2,
                    "timeout_secs": 30
                  }""",
                200,
                "\"summary\":{\"total_models\":2,\"healthy_models\":2,\"unhealthy_models\":0}"));
        rows.add(new Row("POST /master-keys", """
                {
                    "id": "key-1",
                    "key": "mk-xxx",
                    "name": "Default Key",
                    "allowed_models": ["*"],
                    "is_enabled": true
                  }""", 201, "\"name\":\"Default Key\""));
        rows.add(new Row("GET /master-keys", "", 200, "\"credentials\":["));
        rows.add(new Row("POST /config/reload", "", 200, "\"providers_count\":"));
        rows.add(new Row("GET /config/version", "", 200, "\"timestamp\":"));
        rows.add(new Row("GET /providers/openai-main", "", 200, "\"api_base\":\"https://api.openai.com/v1\""));
        rows.add(new Row("PUT /providers/openai-main", """
                {
                    "api_base": "https://api.openai.com/v1",
                    "api_key": "sk-new-key",
                    "model_mapping": {"gpt-4": "gpt-4-turbo"},
                    "is_enabled": true
                  }""", 200, "\"model_mapping\":{\"gpt-4\":\"gpt-4-turbo\"}"));
        rows.add(new Row("DELETE /providers/openai-main", "", 204, ""));
        rows.add(new Row("POST /credentials", """
                {
                    "key": "sk-limited",
                    "name": "Limited Key",
                    "rate_limit": 100,
                    "is_enabled": true
                  }""", 201, "\"rate_limit\":100"));
        rows.add(new Row("POST /credentials", """
                {
                    "key": "sk-unlimited",
                    "name": "Unlimited Key",
                    "is_enabled": true
                  }""", 201, "\"rate_limit\":null"));
        return rows;
    }
}
