package io.llmproxy.it.faults;

import io.llmproxy.testing.Deployment.Kind;
import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ArgumentsSource;

/** Marks a test that shows, once for each way to run the gateway, that it behaves as rows of {@code faults.txt} demand. */
@Target(ElementType.METHOD)
@Retention(RetentionPolicy.RUNTIME)
@ParameterizedTest(name = "{0}", allowZeroInvocations = true)
@ArgumentsSource(DeploymentKinds.class)
@ExtendWith(FaultRecorder.class)
@Timeout(value = 180, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
@interface Fault {
    /** The rows, such as {@code U1}. */
    String[] value();

    /** Where they are tested; the method has one parameter for it. */
    Kind[] on() default {Kind.LAUNCHER, Kind.TOMCAT, Kind.JETTY};
}
