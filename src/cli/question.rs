//! A question from flags: the same names as in a request, read by the same parser.

use clap::Args;
use serde_json::{Map, Value, json};

#[derive(Args, Debug, Default)]
#[command(next_help_heading = "Question")]
pub struct QuestionFlags {
    /// cm, or inches with --unit imperial; also 5'10"
    #[arg(long)]
    height: Option<String>,
    /// kg, or lb with --unit imperial
    #[arg(long)]
    weight: Option<String>,
    /// slim, regular or relaxed [default: regular]
    #[arg(long, value_name = "FIT")]
    fit_preference: Option<String>,
    /// metric or imperial, for every length and weight [default: metric]
    #[arg(long)]
    unit: Option<String>,
    /// Years
    #[arg(long)]
    age: Option<String>,
    /// male or female [default: male]
    #[arg(long)]
    sex: Option<String>,
    /// Tape measure round the chest
    #[arg(long)]
    chest: Option<String>,
    /// Tape measure round the waist, at the navel
    #[arg(long)]
    waist: Option<String>,
    /// Tape measure round the hip
    #[arg(long)]
    hip: Option<String>,
    /// Tape measure round the neck
    #[arg(long)]
    neck: Option<String>,
    /// Across the back, seam point to seam point
    #[arg(long)]
    shoulder: Option<String>,
    /// Shoulder point to wrist
    #[arg(long)]
    sleeve: Option<String>,
    /// Crotch to floor
    #[arg(long)]
    inseam: Option<String>,
    /// narrower, average or broader
    #[arg(long, value_name = "BUILD")]
    chest_build: Option<String>,
    /// flatter, average or rounder
    #[arg(long, value_name = "BUILD")]
    stomach_build: Option<String>,
    /// A jacket that fits: 40R
    #[arg(long, value_name = "LABEL")]
    known_size: Option<String>,
    /// System of --known-size [default: EU]
    #[arg(long, value_name = "SYSTEM", requires = "known_size")]
    known_system: Option<String>,
    /// Trousers that fit: 50; in US and UK inches of waist, 34 or 34/32
    #[arg(long, value_name = "LABEL")]
    known_trousers: Option<String>,
    /// System of --known-trousers [default: EU]
    #[arg(long, value_name = "SYSTEM", requires = "known_trousers")]
    known_trousers_system: Option<String>,
    /// Label of the answer: EU, US, UK, IT, FR, JP or DE [default: EU]
    #[arg(long, value_name = "SYSTEM")]
    size_system: Option<String>,
    /// Id of a size chart [default: default]
    #[arg(long)]
    chart: Option<String>,
    /// Height and weight were measured, not stated
    #[arg(long, conflicts_with = "stated")]
    measured: bool,
    /// Height and weight were stated (the default)
    #[arg(long)]
    stated: bool,
    /// Who held the tape: home or fitter [default: fitter with --measured, else home]
    #[arg(long, value_name = "WHO")]
    tape: Option<String>,
    /// Language of the answer's texts: en, de, fr, es or it [default: en]
    #[arg(long)]
    lang: Option<String>,
    /// Add the distribution behind the answer
    #[arg(long)]
    details: bool,
}

impl QuestionFlags {
    /// The fields that were given, as a request's JSON object.
    pub fn fields(&self) -> Map<String, Value> {
        let numbers = [
            ("height", &self.height),
            ("weight", &self.weight),
            ("age", &self.age),
            ("chest", &self.chest),
            ("waist", &self.waist),
            ("hip", &self.hip),
            ("neck", &self.neck),
            ("shoulder", &self.shoulder),
            ("sleeve", &self.sleeve),
            ("inseam", &self.inseam),
        ];
        let texts = [
            ("fitPreference", &self.fit_preference),
            ("unit", &self.unit),
            ("sex", &self.sex),
            ("sizeSystem", &self.size_system),
            ("chart", &self.chart),
            ("tape", &self.tape),
            ("lang", &self.lang),
        ];
        let mut fields = Map::new();
        let given =
            |(name, value): (&str, &Option<String>)| Some((name.to_owned(), value.clone()?));
        fields.extend(numbers.into_iter().filter_map(given).map(|(name, text)| {
            // What is no number stays a text, for the parser to refuse by name.
            let number = text.parse::<f64>().ok().and_then(serde_json::Number::from_f64);
            (name, number.map_or(Value::String(text), Value::Number))
        }));
        fields.extend(texts.into_iter().filter_map(given).map(|(name, text)| (name, json!(text))));
        let build = object([("chest", &self.chest_build), ("stomach", &self.stomach_build)]);
        fields.extend(build.map(|build| ("build".to_owned(), build)));
        let known = object([("size", &self.known_size), ("system", &self.known_system)]);
        fields.extend(known.map(|known| ("knownSize".to_owned(), known)));
        let trousers =
            object([("size", &self.known_trousers), ("system", &self.known_trousers_system)]);
        fields.extend(trousers.map(|trousers| ("knownTrousers".to_owned(), trousers)));
        if self.measured || self.stated {
            fields.insert("measured".to_owned(), json!(self.measured));
        }
        if self.details {
            fields.insert("details".to_owned(), json!(true));
        }
        fields
    }
}

fn object<const N: usize>(fields: [(&str, &Option<String>); N]) -> Option<Value> {
    let given: Map<String, Value> = fields
        .into_iter()
        .filter_map(|(name, value)| Some((name.to_owned(), json!(value.as_ref()?))))
        .collect();
    (!given.is_empty()).then_some(Value::Object(given))
}
