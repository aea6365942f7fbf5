package io.llmproxy.admin;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.util.JsonRecyclerPools;
import com.fasterxml.jackson.databind.json.JsonMapper;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;

/** Answers to operators, in JSON. */
final class OperatorAnswer {
    private OperatorAnswer() {}

    static void refuse(HttpServletResponse response, int status, String code, String message) throws IOException {
        response.setHeader("X-LLMProxy-Error", code);
        send(response, status, new Refusal(new Refusal.Detail(message, code)));
    }

    static void send(HttpServletResponse response, int status, Object told) throws IOException {
        byte[] body = Mapper.JSON.writeValueAsBytes(told);
        response.setStatus(status);
        response.setContentType("application/json");
        response.setHeader("Cache-Control", "no-store");
        response.setContentLength(body.length);
        response.getOutputStream().write(body);
    }

    private record Refusal(Detail error) {
        private record Detail(String message, String code) {}
    }

    /** Made with the first call: the start of the gateway does not wait for it. */
    static final class Mapper {
        static final JsonMapper JSON = new JsonMapper(JsonFactory.builder()
                // Others are kept by the threads, which are the container's, and outlive the application.
                .recyclerPool(JsonRecyclerPools.nonRecyclingPool())
                .build());

        private Mapper() {}
    }
}
