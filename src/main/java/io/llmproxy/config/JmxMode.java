package io.llmproxy.config;

/** What those who reach the JVM's management may do with the gateway. */
public enum JmxMode {
    /** See it, and change what can be changed while it runs. */
    OPERATIONS,
    /** See it. */
    READ_ONLY,
    /** Neither: nothing is registered. */
    OFF
}
