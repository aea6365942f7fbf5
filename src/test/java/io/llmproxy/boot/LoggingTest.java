package io.llmproxy.boot;

import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.slf4j.LoggerFactory;

final class LoggingTest {
    private static final String NAME = "io.llmproxy.test.changed";

    private final Logger logger = (Logger) LoggerFactory.getLogger(NAME);

    @BeforeEach
    @AfterEach
    void asConfigured() {
        logger.setLevel(Level.WARN);
    }

    @Test
    void aLevelIsTakenBack() {
        Runnable back = Logging.level(NAME, "debug");
        assertThat(logger.getLevel()).isEqualTo(Level.DEBUG);

        back.run();

        assertThat(logger.getLevel()).isEqualTo(Level.WARN);
    }

    @Test
    void theLastOfTwoChangesCountsAndLeavesWhatWasBeforeBoth() {
        Runnable first = Logging.level(NAME, "debug");
        Runnable second = Logging.level(NAME, "trace");

        first.run();
        assertThat(logger.getLevel()).isEqualTo(Level.TRACE);
        second.run();

        assertThat(logger.getLevel()).isEqualTo(Level.WARN);
    }
}
