package io.llmproxy.testing;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;

/** What the operators of an app server do with it. */
interface ServerOperator {
    /** What is held softly goes with the next collection, not only when memory is short: the tests look at what is left. */
    List<String> OPTIONS = List.of("-XX:SoftRefLRUPolicyMSPerMB=0");

    /** What upstreams are asked with. */
    String UPSTREAM_KEY = "sk-upstream";

    /** How a configuration refers to {@link #UPSTREAM_KEY}. */
    default String upstreamKey() {
        return "${jndi:llmproxy/upstream-key}";
    }

    /**
     * Starts it with the application.
     *
     * @param home its distribution, which others use, too
     */
    ServerProcess start(Deployment.Container container, Path home) throws IOException;

    /** Has it stop the application, and may return before that is done. */
    void undeploy(Deployment deployment) throws IOException;

    /** Has it start the application, which is stopped, and may return before that is done. */
    void deploy(Deployment deployment) throws IOException;
}
