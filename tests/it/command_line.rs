//! The built program as an operator and an evaluator use it.

use serde_json::{Value, json};
use std::io::{BufRead, BufReader, Write};
use std::process::{Command, Output, Stdio};

fn suitsize(arguments: &[&str], input: impl AsRef<[u8]>) -> Output {
    let mut child = Command::new(env!("CARGO_BIN_EXE_suitsize"))
        .args(arguments)
        .env_remove("SUITSIZE_ONNXRUNTIME")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(input.as_ref()).unwrap();
    child.wait_with_output().unwrap()
}

fn lines(output: &Output) -> Vec<Value> {
    let text = std::str::from_utf8(&output.stdout).unwrap();
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

fn error(output: &Output) -> &str {
    std::str::from_utf8(&output.stderr).unwrap()
}

#[test]
fn one_question_from_flags() {
    let output = suitsize(&["recommend", "--height", "175", "--weight", "75"], "");
    assert_eq!(output.status.code(), Some(0), "{}", error(&output));
    let answer = &lines(&output)[0];
    assert_eq!(answer["recommendation"]["size"], json!("50R"));
    assert_eq!(answer["api_version"], json!("4.0-Production-Optimized"));
}

#[test]
fn every_flag_reaches_the_question() {
    let flags = [
        "recommend",
        "--height",
        "5'10\"",
        "--weight",
        "170",
        "--unit",
        "imperial",
        "--age",
        "40",
        "--sex",
        "male",
        "--fit-preference",
        "slim",
        "--chest",
        "40",
        "--waist",
        "34",
        "--hip",
        "40",
        "--neck",
        "15.5",
        "--shoulder",
        "18.5",
        "--sleeve",
        "24",
        "--inseam",
        "33",
        "--chest-build",
        "broader",
        "--stomach-build",
        "flatter",
        "--known-size",
        "40R",
        "--known-system",
        "US",
        "--known-trousers",
        "34/32",
        "--known-trousers-system",
        "UK",
        "--size-system",
        "UK",
        "--chart",
        "default",
        "--measured",
        "--tape",
        "home",
        "--details",
    ];
    let by_flags = lines(&suitsize(&flags, ""));
    let question = json!({
        "height":"5'10\"","weight":170,"unit":"imperial","age":40,"sex":"male","fitPreference":"slim",
        "chest":40,"waist":34,"hip":40,"neck":15.5,"shoulder":18.5,"sleeve":24,"inseam":33,
        "build":{"chest":"broader","stomach":"flatter"},"knownSize":{"size":"40R","system":"US"},
        "knownTrousers":{"size":"34/32","system":"UK"},"sizeSystem":"UK","chart":"default","measured":true,"tape":"home","details":true
    });
    let by_line = lines(&suitsize(&["recommend", "--batch"], format!("{question}\n")));
    assert!(by_flags[0]["recommendation"]["size"].is_string(), "{}", by_flags[0]);
    assert_eq!(by_flags, by_line);
}

#[test]
fn words_for_people() {
    let output = suitsize(&["recommend", "--height", "175", "--weight", "75", "--text"], "");
    let text = String::from_utf8(output.stdout).unwrap();
    for expected in ["50R, regular cut", "US 40R", "Your height and weight suggest", "trousers"] {
        assert!(text.contains(expected), "{expected}: {text}");
    }
}

#[test]
fn a_refused_question_says_why_and_exits_2() {
    let output = suitsize(&["recommend", "--height", "70", "--weight", "75", "--text"], "");
    assert_eq!(output.status.code(), Some(2));
    assert!(error(&output).contains("looks like inches"), "{}", error(&output));
    let output = suitsize(&["recommend", "--height", "70", "--weight", "75"], "");
    assert_eq!(output.status.code(), Some(2));
    assert_eq!(lines(&output)[0]["errors"][0]["field"], json!("height"));
}

#[test]
fn a_batch_answers_in_order_and_survives_bad_lines() {
    let input = "{\"height\":175,\"weight\":75}\nnot json\n\n{\"height\":20,\"weight\":75}\n{\"height\":188,\"weight\":86}";
    let output = suitsize(&["recommend", "--batch"], input);
    assert_eq!(output.status.code(), Some(0), "{}", error(&output));
    let lines = lines(&output);
    assert_eq!(lines.len(), 5);
    assert_eq!(lines[0]["recommendation"]["size"], json!("50R"));
    for (line, code) in [(1, "not_json"), (2, "not_json"), (3, "invalid_question")] {
        assert_eq!(lines[line]["code"], json!(code));
        assert_eq!(lines[line]["line"], json!(line + 1));
    }
    assert_eq!(lines[4]["recommendation"]["size"], json!("52L"));
    assert!(error(&output).contains("3 of the lines"), "{}", error(&output));
}

#[test]
fn a_batch_survives_bytes_that_are_no_text_and_a_byte_order_mark() {
    let input = b"\xef\xbb\xbf{\"height\":175,\"weight\":75}\r\n\xff\xfe\n{\"height\":188,\"weight\":86}\r\n";
    let lines = lines(&suitsize(&["recommend", "--batch"], input));
    assert_eq!(lines.len(), 3);
    assert_eq!(lines[0]["recommendation"]["size"], json!("50R"));
    assert_eq!(lines[1]["code"], json!("not_json"));
    assert_eq!(lines[2]["recommendation"]["size"], json!("52L"));
}

#[test]
fn a_batch_answers_each_line_before_the_next_is_sent() {
    let mut child = Command::new(env!("CARGO_BIN_EXE_suitsize"))
        .args(["recommend", "--batch"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut input = child.stdin.take().unwrap();
    let mut output = BufReader::new(child.stdout.take().unwrap());
    for _ in 0..2 {
        input.write_all(b"{\"height\":175,\"weight\":75}\n").unwrap();
        let mut line = String::new();
        output.read_line(&mut line).unwrap();
        assert!(line.contains("\"50R\""), "{line}");
    }
    drop(input);
    assert!(child.wait().unwrap().success());
}

#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_is_one_clear_line() {
    let full = std::fs::File::options().write(true).open("/dev/full").unwrap();
    let child = Command::new(env!("CARGO_BIN_EXE_suitsize"))
        .args(["recommend", "--json", "--height", "175", "--weight", "75"])
        .stdout(full)
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert!(error(&output).starts_with("suitsize: No space left"), "{}", error(&output));
}

#[test]
fn a_batchs_flags_are_defaults_for_its_lines() {
    let input =
        "{\"height\":178,\"weight\":80}\n{\"height\":178,\"weight\":80,\"measured\":false}\n";
    let answers = lines(&suitsize(&["recommend", "--batch", "--measured", "--details"], input));
    let sd = |i: usize| answers[i]["recommendation"]["posterior"]["chest"]["sd"].as_f64().unwrap();
    assert!(sd(0) < sd(1), "measured inputs are more certain than stated ones");
}

#[test]
fn the_population_variance_is_a_switch() {
    let input = "{\"height\":178,\"weight\":80,\"details\":true}\n";
    let sd = |arguments: &[&str]| {
        let answer = &lines(&suitsize(arguments, input))[0];
        answer["recommendation"]["posterior"]["chest"]["sd"].as_f64().unwrap()
    };
    let on = sd(&["recommend", "--batch"]);
    let off = sd(&["recommend", "--batch", "--population-variance", "off"]);
    assert!(off < on);
}

#[test]
fn the_same_line_gets_the_same_bytes() {
    let input = "{\"height\":178,\"weight\":80,\"details\":true}\n".repeat(3);
    let output = suitsize(&["recommend", "--batch"], &input);
    let text = String::from_utf8(output.stdout).unwrap();
    let mut lines = text.lines();
    let first = lines.next().unwrap();
    assert!(lines.all(|line| line == first));
}

#[test]
fn a_wrong_start_is_one_clear_line() {
    for (arguments, says) in [
        (["--models", "/nonexistent"], "/nonexistent/manifest.json"),
        (["--charts", "/nonexistent"], "/nonexistent"),
        (["--onnxruntime", "/nonexistent.so"], "ONNX Runtime at /nonexistent.so"),
        (["--onnxruntime", env!("CARGO_BIN_EXE_suitsize")], "1.24 or newer"),
    ] {
        let mut all = vec!["recommend", "--height", "175", "--weight", "75"];
        all.extend(arguments);
        let output = suitsize(&all, "");
        assert_eq!(output.status.code(), Some(1), "{arguments:?}");
        assert!(error(&output).contains(says), "{arguments:?}: {}", error(&output));
        assert_eq!(error(&output).trim_end().lines().count(), 1, "{}", error(&output));
    }
}

#[test]
fn what_is_wrong_with_a_secret_is_said_without_it() {
    for (variable, value, says) in [
        ("SUITSIZE_ADMIN_TOKEN", "SENTINEL", "--admin-token"),
        ("SUITSIZE_ALERT_WEBHOOK", "ftp://host/SENTINEL", "--alert-webhook"),
        ("SUITSIZE_ALERT_WEBHOOK", "SENTINEL", "--alert-webhook"),
    ] {
        let output = Command::new(env!("CARGO_BIN_EXE_suitsize"))
            .arg("serve")
            .env(variable, value)
            .output()
            .unwrap();
        assert_eq!(output.status.code(), Some(2), "{}", error(&output));
        assert!(
            error(&output).contains(says) && !error(&output).contains("SENTINEL"),
            "{}",
            error(&output)
        );
    }
}

#[test]
fn mistakes_in_a_file_of_alert_rules_stop_the_start_and_are_all_told() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("alerts.json");
    std::fs::write(&path, r#"{"rules":[{"name":"mine","metric":"walByte","threshold":"x"}]}"#)
        .unwrap();
    let output = Command::new(env!("CARGO_BIN_EXE_suitsize"))
        .args(["serve", "--port", "0", "--alerts", path.to_str().unwrap()])
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(1), "{}", error(&output));
    for says in ["alerts.json", "mine", "walByte", "threshold", "condition"] {
        assert!(error(&output).contains(says), "{says}: {}", error(&output));
    }
}

/// Needs a native library: `SUITSIZE_TEST_ONNXRUNTIME` says where. `.ci/run` installs one and requires it.
#[test]
fn a_native_runtime_gives_the_same_answers() {
    let Some(library) = std::env::var_os("SUITSIZE_TEST_ONNXRUNTIME") else {
        println!("left out: SUITSIZE_TEST_ONNXRUNTIME names no ONNX Runtime library");
        return;
    };
    let input: String = (0..200)
        .map(|i| {
            let sex = if i % 2 == 0 { "male" } else { "female" };
            format!(
                "{{\"height\":{},\"weight\":{},\"sex\":\"{sex}\",\"details\":true}}\n",
                155 + i % 40,
                50 + i % 61
            )
        })
        .collect();
    let embedded = lines(&suitsize(&["recommend", "--batch"], &input));
    let library = library.to_str().unwrap();
    let native = lines(&suitsize(&["recommend", "--batch", "--onnxruntime", library], &input));
    assert_eq!(embedded.len(), native.len());
    for (a, b) in embedded.iter().zip(&native) {
        assert_eq!(a["recommendation"]["size"], b["recommendation"]["size"]);
        for figure in ["mean", "sd"] {
            for measure in ["chest", "waist", "inseam"] {
                let of = |answer: &Value| {
                    answer["recommendation"]["posterior"][measure][figure].as_f64().unwrap()
                };
                assert!((of(a) / of(b) - 1.0).abs() < 1e-4, "{measure} {figure}");
            }
        }
    }
}

#[test]
fn help_and_version() {
    let help = String::from_utf8(suitsize(&["--help"], "").stdout).unwrap();
    assert!(help.contains("Examples:") && help.contains("suitsize serve"), "{help}");
    let version = String::from_utf8(suitsize(&["--version"], "").stdout).unwrap();
    assert_eq!(version.trim(), format!("suitsize {}", env!("CARGO_PKG_VERSION")));
}
